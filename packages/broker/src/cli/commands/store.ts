import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { Command } from 'commander'
import { jsonLine } from '../describe.ts'
import { Exit, UsageError } from '../exit.ts'
import { whole } from '../options.ts'
import type { Damage } from '../../store-tools.ts'

interface StoreOptions {
  readonly data: string
  readonly json?: true
}

/** What works on the files of a journal. All but `backup` need the journal for themselves: the broker is stopped. */
export function command(): Command {
  const store = new Command('store').description('Works on a journal: the directory that `start --data` names.')
  const add = (name: string, description: string): Command =>
    store
      .command(name)
      .description(description)
      .option('--data <directory>', 'where the journal lives', 'data')
      .option('--json', 'print the outcome as JSON')
      .allowExcessArguments(false)
  add('backup', 'Copies a journal, also while a broker uses it. To restore: `millrace start --data <directory>`.')
    .argument('<directory>', 'where to; it must be empty or not exist')
    .action(backup)
  add('verify', 'Reads a whole journal and verifies every check sum. Changes nothing.').action(verify)
  add('list', 'Prints the records of a journal.')
    .option('--queue <name>', 'only what concerns this queue of the store, as queue://ORDERS')
    .option('--limit <count>', 'no more than so many', whole(1))
    .action(list)
  add('repair', 'Saves what can be read of a damaged journal into a new one. Leaves the damaged one as it is.')
    .argument('<directory>', 'where to; it must be empty or not exist')
    .action(repair)
  add('export', 'Writes messages and durable subscriptions of a journal as lines of text.')
    .argument('[file]', 'where to (default: standard output)')
    .option('--leave-prepared', 'leave prepared branches of transactions out instead of refusing')
    .action(exported)
  add('import', 'Makes a journal of what `export` wrote.')
    .argument('[file]', 'where from (default: standard input)')
    .action(imported)
  return store
}

async function backup(to: string, options: StoreOptions): Promise<void> {
  const { backupStore } = await import('../../store-tools.ts')
  const bar = await progress('bytes')
  try {
    const done = await backupStore({ directory: resolve(options.data), to: resolve(to), progress: bar.told })
    bar.stop()
    if (options.json) print(jsonLine(done))
    else print(`Copied ${count(done.segments, 'segment')}, ${done.bytes} bytes, to ${to}; each check sum was right.\n`)
  } finally {
    bar.stop()
  }
}

async function verify(options: StoreOptions): Promise<void> {
  const { verifyStore } = await import('../../store-tools.ts')
  const bar = await progress('bytes')
  try {
    const found = await verifyStore({ directory: resolve(options.data), progress: bar.told })
    bar.stop()
    if (options.json) print(jsonLine(found))
    else {
      print(
        await table(
          ['queue of the store', 'messages'],
          found.queues.map(({ name, messages }) => [name, String(messages)]),
        ),
      )
      print(`${count(found.segments, 'segment')}, ${count(found.batches, 'batch')}, ${found.bytes} bytes, `)
      print(`${count(found.messages, 'message')}, ${count(found.durables, 'durable subscription')}, `)
      print(`${found.prepared} prepared.\n`)
      if (found.tail !== null) {
        print(
          `It was not stopped in order and ends in ${found.tail.file} at ${found.tail.offset}; nothing confirmed is behind.\n`,
        )
      }
      for (const name of found.badSnapshots) print(`${name} is of no use: the next start reads the whole journal.\n`)
      print(await damageTable(found.damages))
      print(found.damages.length === 0 ? 'Every check sum is right.\n' : 'It is damaged.\n')
    }
    if (found.damages.length > 0) process.exitCode = Exit.Store
  } finally {
    bar.stop()
  }
}

interface ListOptions extends StoreOptions {
  readonly queue?: string
  readonly limit?: number
}

async function list(options: ListOptions): Promise<void> {
  const { listRecords } = await import('../../store-tools.ts')
  const { queue, limit = Number.POSITIVE_INFINITY } = options
  let left = limit
  for await (const record of listRecords(resolve(options.data))) {
    if (queue !== undefined && record.queue !== queue) continue
    if (left-- <= 0) break
    // Whatever their number, they are printed as they are read.
    const { segment, offset, batch, type, size, key, message, depth } = record
    const text = [segment, offset, batch, '  '.repeat(depth) + type, size, record.queue ?? '', key ?? '', message ?? '']
    await write(process.stdout, options.json ? jsonLine(record) : `${text.join('\t').trimEnd()}\n`)
  }
}

async function repair(to: string, options: StoreOptions): Promise<void> {
  const { repairStore } = await import('../../store-tools.ts')
  const bar = await progress('bytes')
  try {
    const done = await repairStore({ directory: resolve(options.data), to: resolve(to), progress: bar.told })
    bar.stop()
    if (options.json) print(jsonLine(done))
    else {
      print(await damageTable(done.damages))
      print(`Saved ${count(done.messages, 'message')} and ${count(done.durables, 'durable subscription')} to ${to}.\n`)
      if (done.prepared > 0) print(`${done.prepared} prepared branches of transactions were left out.\n`)
      if (done.damages.length > 0) {
        print('What the named batches held is lost; messages whose removal was in them may be back.\n')
      }
    }
  } finally {
    bar.stop()
  }
}

interface ExportOptions extends StoreOptions {
  readonly leavePrepared?: true
}

async function exported(file: string | undefined, options: ExportOptions): Promise<void> {
  if (options.json && file === undefined)
    throw new UsageError('--json needs a file: the archive goes to standard output')
  const { exportStore } = await import('../../store-tools.ts')
  // Not over one that is there.
  const out = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 })
  if (file !== undefined) await once(out, 'open')
  const bar = await progress('messages')
  try {
    const done = await exportStore({
      directory: resolve(options.data),
      leavePrepared: options.leavePrepared === true,
      progress: bar.told,
      write: (line) => write(out, line),
    })
    if (file !== undefined) {
      out.end()
      await once(out, 'close')
    }
    bar.stop()
    const text = `Wrote ${count(done.messages, 'message')} of ${count(done.queues, 'queue')} and `
    const rest = `${count(done.durables, 'durable subscription')}.\n`
    if (options.json) print(jsonLine(done))
    else process.stderr.write(text + rest)
  } finally {
    bar.stop()
  }
}

async function imported(file: string | undefined, options: StoreOptions): Promise<void> {
  const { importStore } = await import('../../store-tools.ts')
  const input = file === undefined ? process.stdin : createReadStream(file)
  if (file !== undefined) await once(input, 'open')
  const done = await importStore({ directory: resolve(options.data), lines: linesOf(input) })
  if (options.json) print(jsonLine(done))
  else print(`Read ${count(done.messages, 'message')} of ${count(done.queues, 'queue')} into ${options.data}.\n`)
}

/** Begins to read when somebody begins to listen: lines that nobody listens to are gone. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

function write(out: Writable, text: string): Promise<void> | void {
  if (out.write(text)) return
  return once(out, 'drain').then(() => {})
}

function print(text: string): void {
  process.stdout.write(text)
}

function count(number: number, noun: string): string {
  const plural = noun.endsWith('ch') ? `${noun}es` : `${noun}s`
  return `${number} ${number === 1 ? noun : plural}`
}

async function damageTable(damages: readonly Damage[]): Promise<string> {
  if (damages.length === 0) return ''
  const rows = damages.map(({ file, offset, length, batches, reason }) => {
    const lost = batches === null ? '' : `${batches.first} to ${batches.last}`
    return [file, String(offset), String(length), lost, reason]
  })
  return await table(['file', 'offset', 'bytes', 'batches', 'what'], rows)
}

async function table(head: string[], rows: string[][]): Promise<string> {
  if (rows.length === 0) return ''
  const { default: Table } = await import('cli-table3')
  const drawn = new Table({ head, style: { head: [], border: [] } })
  drawn.push(...rows)
  return `${drawn.toString()}\n`
}

interface Progress {
  readonly told: (done: number, of: number) => void
  readonly stop: () => void
}

/** Drawn for people only. */
async function progress(noun: string): Promise<Progress> {
  if (!process.stderr.isTTY) return { told: () => {}, stop: () => {} }
  const { SingleBar } = await import('cli-progress')
  const format = `{bar} {percentage} % | {done} ${noun}`
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true })
  bar.start(100, 0, { done: 0 })
  return {
    told: (done, of) => bar.update(of === 0 ? 100 : Math.floor((100 * done) / of), { done }),
    stop: () => bar.stop(),
  }
}
