/**
 * One row in a process of its own, as a Java client has one: a process that has spoken to two brokers in turns, in two encodings, has
 * compiled code for both, and is slower with either. Arguments: the row, the address, the destination, and the timing as JSON.
 */
import { fileURLToPath } from 'node:url'
import { argv } from 'node:process'
import type { Harness } from './harness.ts'
import type { Measure, Timing } from './measure.ts'
import { type Row, rows } from './rows.ts'

const file = fileURLToPath(import.meta.url)

export async function runRow(
  harness: Harness,
  row: Row,
  url: string,
  destination: string,
  timing: Timing,
): Promise<Measure> {
  if (row.java === true) return row.run(harness, url, destination, timing)
  const child = harness.startChild(process.execPath, [file, row.id, url, destination, JSON.stringify(timing)])
  const measure = await child.first()
  await child.ended
  return measure as unknown as Measure
}

if (argv[1] === file) {
  const [id = '', url = '', destination = '', timing = ''] = argv.slice(2)
  const row = rows.find((one) => one.id === id)
  if (row === undefined) throw new Error(`There is no row "${id}".`)
  // Only Java needs the harness.
  const measure = await row.run({} as Harness, url, destination, JSON.parse(timing) as Timing)
  process.stdout.write(`${JSON.stringify(measure)}\n`)
}
