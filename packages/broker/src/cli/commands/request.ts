import { request } from '@millrace/client'
import { Command } from 'commander'
import { connect, destinationOf } from '../connect.ts'
import { describe, jsonLine, printable } from '../describe.ts'
import { type ClientOptions, clientOptions, seconds } from '../options.ts'

interface RequestCommandOptions extends ClientOptions {
  readonly timeout: number
  readonly json?: true
}

const TIMEOUT_MS = 10_000

export function command(): Command {
  const ask = new Command('request')
    .description('Sends a request, waits for the reply and prints its body.')
    .argument('<destination>', 'queue://NAME, topic://NAME; a bare name is a queue')
    .argument('[body]', 'text; without one a message without a body')
    .option('--timeout <seconds>', 'how long to wait for the reply; 10 when absent', seconds, TIMEOUT_MS)
    .option('--json', 'the reply as one JSON line, with headers and properties')
    .action(run)
  for (const option of clientOptions()) ask.addOption(option)
  return ask
}

async function run(to: string, body: string | undefined, options: RequestCommandOptions): Promise<void> {
  const destination = destinationOf(to)
  await using connection = await connect(options)
  await connection.start()
  const reply = await request(connection, destination, body ?? null, { timeout: options.timeout })
  if (options.json) process.stdout.write(jsonLine(describe(reply)))
  else {
    process.stdout.write(printable(reply))
    process.stdout.write('\n')
  }
}
