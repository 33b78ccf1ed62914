import { type BrokerManagement, brokerManagement } from '@millrace/client'
import { type Command, Option } from 'commander'
import { connect } from './connect.ts'
import { jsonLine } from './describe.ts'
import { type ClientOptions, clientOptions, seconds } from './options.ts'
import { counted, printTable } from './table.ts'

export interface ManageOptions extends ClientOptions {
  readonly timeout: number
  readonly json?: true
}

const TIMEOUT_MS = 10_000

/** What every command takes that asks the broker to show or do something. */
export function withManageOptions(command: Command): Command {
  command.addOption(
    new Option('--timeout <seconds>', 'how long to wait for each answer; 10 when absent')
      .argParser(seconds)
      .default(TIMEOUT_MS),
  )
  command.option('--json', 'JSON lines instead of a table')
  for (const option of clientOptions()) command.addOption(option)
  return command
}

export async function manage(options: ManageOptions, work: (broker: BrokerManagement) => Promise<void>): Promise<void> {
  await using connection = await connect(options)
  await connection.start()
  await work(brokerManagement(connection, { timeout: options.timeout }))
}

/** Shows a list as a table with a last line that counts it, or as JSON lines. */
export async function show<T>(
  options: ManageOptions,
  list: AsyncIterable<T>,
  { one, many, head, row }: { one: string; many?: string; head: readonly string[]; row: (item: T) => unknown[] },
): Promise<void> {
  const rows: unknown[][] = []
  let count = 0
  for await (const item of list) {
    count++
    if (options.json) process.stdout.write(jsonLine(item as object))
    else rows.push(row(item))
  }
  if (options.json) return
  await printTable(head, rows)
  process.stdout.write(`${counted(count, one, many)}.\n`)
}

/** Says what was done, in a sentence or as one JSON line. */
export function tell(options: ManageOptions, sentence: string, outcome: object): void {
  process.stdout.write(options.json ? jsonLine(outcome) : `${sentence}\n`)
}
