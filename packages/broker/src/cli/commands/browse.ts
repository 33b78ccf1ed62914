import { type Message, Queue } from '@millrace/client'
import { Command } from 'commander'
import { connect, destinationOf } from '../connect.ts'
import { describe, jsonLine, printable } from '../describe.ts'
import { UsageError } from '../exit.ts'
import { type ClientOptions, clientOptions, whole } from '../options.ts'

interface BrowseOptions extends ClientOptions {
  readonly selector?: string
  readonly limit?: number
  readonly json?: true
}

export function command(): Command {
  const browse = new Command('browse')
    .description('Shows the messages of a queue, oldest first, and leaves them there.')
    .argument('<queue>', 'queue://NAME or NAME')
    .option('--selector <sql>', 'only messages that match, as in "colour = \'red\'"')
    .option('--limit <number>', 'end after this many', whole(1))
    .option('--json', 'one JSON line per message, with headers and properties')
    .action(run)
  for (const option of clientOptions()) browse.addOption(option)
  return browse
}

async function run(from: string, options: BrowseOptions): Promise<void> {
  const destination = destinationOf(from)
  if (!(destination instanceof Queue)) throw new UsageError(`only queues can be browsed, not ${destination.toString()}`)
  await using connection = await connect(options)
  await connection.start()
  await using session = await connection.createSession()
  const browser = session.createBrowser(destination, options.selector)
  const rows: string[][] = []
  let count = 0
  for await (const message of browser) {
    count++
    if (options.json) process.stdout.write(jsonLine(describe(message)))
    else rows.push(row(message))
    if (count === options.limit) break
  }
  if (options.json) return
  if (rows.length > 0) process.stdout.write(`${await table(rows)}\n`)
  process.stdout.write(`${count === 1 ? '1 message' : `${count} messages`} in ${destination.toString()}.\n`)
}

const PREVIEW = 60

function row(message: Message): string[] {
  const body = printable(message)
  const text = typeof body === 'string' ? body : `(${body.length} bytes)`
  const line = text.replace(/\s+/g, ' ')
  return [
    message.jmsMessageID ?? '',
    new Date(message.jmsTimestamp).toISOString(),
    String(message.jmsPriority),
    message.jmsRedelivered ? 'yes' : '',
    line.length > PREVIEW ? `${line.slice(0, PREVIEW - 1)}…` : line,
  ]
}

async function table(rows: readonly string[][]): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const made = new Table({
    head: ['message id', 'sent', 'priority', 'redelivered', 'body'],
    style: { head: [], border: [] },
  })
  made.push(...rows)
  return made.toString()
}
