import { crc32 } from 'node:zlib'
import { join } from 'node:path'
import { MillraceError } from '@millrace/base'
import { type Disk, systemDisk } from '../disk.ts'
import {
  ARCHIVE_VERSION,
  type ArchiveLine,
  durableLine,
  durableOf,
  messageLine,
  messageOf,
  number,
} from './archive-line.ts'
import { OfflineStore } from './offline-store.ts'
import { StoreWriter } from './store-writer.ts'

export interface Transferred {
  readonly queues: number
  readonly durables: number
  readonly messages: number
}

export interface ExportOptions {
  /** Of the store; no broker may be using it. */
  readonly directory: string
  /** Takes one line, with its end; the next comes when the promise is fulfilled. */
  readonly write: (line: string) => Promise<void> | void
  /** Prepared branches are left out instead of refused: what they send is lost, what they took stays. */
  readonly leavePrepared?: boolean
  readonly progress?: (done: number, of: number) => void
  readonly disk?: Disk
}

/**
 * Writes what a store holds as lines of text: durable subscriptions, queues and messages, in order. Nothing is kept in
 * memory but the index and a page. Throws CONFIGURATION_INVALID when there is no store or when branches are prepared,
 * STORE_LOCKED when a broker uses it, STORE_DAMAGED when anything cannot be read.
 */
export async function exportStore(options: ExportOptions): Promise<Transferred> {
  const { directory, write, disk = systemDisk } = options
  const store = await OfflineStore.open(directory, { disk, damage: 'refuse' })
  try {
    const prepared = store.branches().length
    if (prepared > 0 && options.leavePrepared !== true) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `${prepared} branches of transactions are prepared in ${directory}: end them first, or leave them out`,
      )
    }
    let checksum = 0
    let messages = 0
    const line = (value: ArchiveLine): Promise<void> | void => {
      const text = `${JSON.stringify(value)}\n`
      checksum = crc32(text, checksum)
      return write(text)
    }
    await line({ archive: { version: ARCHIVE_VERSION, store: directory } })
    for (const record of store.durables()) await line({ durable: durableLine(record) })
    for (const { name } of store.queues()) await line({ queue: { name } })
    const of = store.messages
    for (const queue of store.queues()) {
      for await (const { key, message } of store.read(queue)) {
        messages++
        const written = line({ message: messageLine(queue.name, key, message) })
        if (written !== undefined) await written
        options.progress?.(messages, of)
      }
    }
    await write(`${JSON.stringify({ end: { messages, checksum: hex(checksum) } })}\n`)
    return { queues: store.queues().length, durables: store.durables().length, messages }
  } finally {
    await store.close()
  }
}

export interface ImportOptions {
  /** Must be empty, or not there. */
  readonly directory: string
  /** Without their ends. */
  readonly lines: AsyncIterable<string>
  readonly progress?: (messages: number) => void
  readonly disk?: Disk
}

/**
 * Makes a store of an archive. Throws CONFIGURATION_INVALID when the directory is not empty, STORE_DAMAGED when the
 * archive is not whole or not right, STORE_VERSION when it is of a newer program; and then no store is left behind.
 */
export async function importStore(options: ImportOptions): Promise<Transferred> {
  const { directory, lines, disk = systemDisk } = options
  const writer = await StoreWriter.open(directory, disk)
  let transferred: Transferred
  try {
    transferred = await readLines(lines, writer, options.progress ?? (() => {}))
    await writer.close()
  } catch (error) {
    await writer.close().catch(() => {})
    for (const name of await disk.list(directory)) await disk.unlink(join(directory, name))
    throw error
  }
  return transferred
}

async function readLines(
  lines: AsyncIterable<string>,
  writer: StoreWriter,
  progress: (messages: number) => void,
): Promise<Transferred> {
  let count = 0
  let checksum = 0
  let queues = 0
  let durables = 0
  let ended = false
  const keys = new Map<string, number>()
  for await (const text of lines) {
    count++
    if (text === '') continue
    try {
      if (ended) throw new MillraceError('STORE_DAMAGED', 'there is more behind the end')
      const line = parse(text)
      if (count === 1 && !('archive' in line)) throw new MillraceError('STORE_DAMAGED', 'an archive does not begin so')
      if ('archive' in line) checkVersion(line.archive.version)
      else if ('durable' in line) {
        writer.durable(durableOf(line.durable))
        durables++
      } else if ('queue' in line) {
        writer.queue(line.queue.name)
        queues++
      } else if ('message' in line) {
        const { queue, key } = line.message
        if (!(number(key, 'key') > (keys.get(queue) ?? 0))) throw new MillraceError('STORE_DAMAGED', 'keys do not rise')
        keys.set(queue, key)
        const room = writer.add(queue, key, messageOf(line.message))
        if (room !== undefined) await room
        progress(writer.messages)
      } else if ('end' in line) {
        ended = true
        const { messages, checksum: expected } = line.end
        if (messages !== writer.messages || expected !== hex(checksum)) {
          throw new MillraceError('STORE_DAMAGED', 'the check sum does not agree')
        }
      } else throw new MillraceError('STORE_DAMAGED', 'nobody knows what this is')
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      const code = error.code === 'STORE_VERSION' || error.code === 'STORE_FULL' ? error.code : 'STORE_DAMAGED'
      throw new MillraceError(code, `line ${count} of the archive: ${error.message}`, { cause: error })
    }
    checksum = crc32(`${text}\n`, checksum)
  }
  if (!ended) throw new MillraceError('STORE_DAMAGED', `the archive ends after line ${count}, before its end`)
  return { queues, durables, messages: writer.messages }
}

function parse(text: string): ArchiveLine {
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch (error) {
    throw new MillraceError('STORE_DAMAGED', 'it is not JSON', { cause: error })
  }
  const value = typeof line === 'object' && line !== null ? Object.values(line)[0] : null
  if (typeof value !== 'object' || value === null) throw new MillraceError('STORE_DAMAGED', 'nobody knows what this is')
  return line as ArchiveLine
}

function checkVersion(version: number): void {
  if (number(version, 'version') <= ARCHIVE_VERSION) return
  throw new MillraceError('STORE_VERSION', `it has version ${version}; this program reads up to ${ARCHIVE_VERSION}`)
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
