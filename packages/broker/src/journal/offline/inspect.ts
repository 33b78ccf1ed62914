import { type Disk, systemDisk } from '../disk.ts'
import { RECORD_HEAD, RecordReader, RecordType } from '../record.ts'
import { SEGMENT_SPAN } from '../segment-name.ts'
import { OfflineStore } from './offline-store.ts'
import { type Damage, StoreFiles, type TornTail } from './store-files.ts'
import { checkEmpty, StoreWriter } from './store-writer.ts'

/** One record of a journal, as an operator sees it. */
export interface ListedRecord {
  readonly segment: number
  /** Of the batch, in its segment. */
  readonly offset: number
  readonly batch: number
  /** `Add`, `Remove`, `Unit` … as in docs/journal.md. */
  readonly type: string
  /** Bytes, with its head. */
  readonly size: number
  readonly queue: string | null
  readonly key: number | null
  /** `producer:sequence` of a message. */
  readonly message: string | null
  /** Within a transaction, a prepared branch, or the end of one. */
  readonly depth: number
}

const TYPES = new Map<number, string>(Object.entries(RecordType).map(([name, type]) => [type, name]))

/**
 * Every record of a store that no broker uses, in order. Damage is passed over: `verifyStore` names it. Throws
 * CONFIGURATION_INVALID, STORE_LOCKED, STORE_VERSION, or STORE_DAMAGED when there is no list of segments.
 */
export async function* listRecords(directory: string, disk: Disk = systemDisk): AsyncGenerator<ListedRecord> {
  const files = await StoreFiles.open(directory, disk)
  const queues = new Map<number, string>()
  const reader = new RecordReader()
  try {
    for await (const batch of files.batches()) {
      const at = { segment: batch.segment, offset: batch.place % SEGMENT_SPAN, batch: batch.number }
      yield* recordsOf(reader, batch.payload, 0, batch.payload.length, 0, queues, at)
    }
  } finally {
    await files.close()
  }
}

function* recordsOf(
  reader: RecordReader,
  payload: Buffer,
  from: number,
  to: number,
  depth: number,
  queues: Map<number, string>,
  where: { readonly segment: number; readonly offset: number; readonly batch: number },
): Generator<ListedRecord> {
  for (let at = from; at < to; ) {
    reader.reset(payload, at, to)
    const type = reader.byte()
    const end = at + RECORD_HEAD + reader.count(reader.int(), 1)
    reader.reset(payload, at + RECORD_HEAD, end)
    let queue: string | null = null
    let key: number | null = null
    let message: string | null = null
    let inside = -1
    const queueOf = (id: number): string => queues.get(id) ?? `#${id}`
    switch (type) {
      case RecordType.Add:
      case RecordType.AddShared:
        queue = queueOf(reader.int())
        key = reader.double()
        if (type === RecordType.Add) {
          reader.take(5)
          const sequence = reader.double()
          message = `${reader.producerId()}:${sequence}`
        }
        break
      case RecordType.Remove:
        queue = queueOf(reader.int())
        key = reader.double()
        break
      case RecordType.Queue: {
        const id = reader.int()
        queue = reader.text()
        queues.set(id, queue)
        break
      }
      case RecordType.QueueDelete:
        queue = queueOf(reader.int())
        break
      case RecordType.State:
        reader.take(12)
        for (let left = reader.count(reader.int(), 8); left > 0; left--) queues.set(reader.int(), reader.text())
        break
      case RecordType.Unit:
        inside = at + RECORD_HEAD
        break
      case RecordType.Prepare:
        reader.xid()
        inside = reader.position
        break
      case RecordType.Finish:
        reader.boolean()
        reader.xid()
        inside = reader.position
        break
      default:
        break
    }
    const name = TYPES.get(type) ?? `unknown ${type}`
    yield { ...where, type: name, size: end - at, queue, key, message, depth }
    if (inside >= 0) yield* recordsOf(reader, payload, inside, end, depth + 1, queues, where)
    at = end
  }
}

export interface Verified {
  readonly segments: number
  readonly batches: number
  readonly bytes: number
  /** Messages that are there, in all queues; of a damaged store those that can still be read. */
  readonly messages: number
  readonly queues: readonly { readonly name: string; readonly messages: number }[]
  readonly durables: number
  readonly prepared: number
  /** Empty: every byte that was safe is. */
  readonly damages: readonly Damage[]
  /** Where an unclean stop left the journal; null = it was stopped in order, or ended with a whole batch. */
  readonly tail: TornTail | null
  /** Snapshots of the index that are of no use, which costs time at the next start and nothing else. */
  readonly badSnapshots: readonly string[]
}

export interface VerifyOptions {
  readonly directory: string
  readonly progress?: (bytes: number, ofBytes: number) => void
  readonly disk?: Disk
}

/** Reads a whole store and verifies every check sum (J24). Nothing is changed. Throws as `listRecords` does. */
export async function verifyStore(options: VerifyOptions): Promise<Verified> {
  const { directory, disk = systemDisk, progress } = options
  const files = await StoreFiles.open(directory, disk)
  let batches = 0
  let bytes = 0
  let badSnapshots: string[]
  const segments = files.manifest.segments.length
  try {
    badSnapshots = (await files.snapshots()).filter(({ number }) => number === null).map(({ file }) => file)
    for await (const { frame } of files.batches()) {
      batches++
      bytes += frame.length
    }
  } finally {
    await files.close()
  }
  const store = await OfflineStore.open(directory, {
    disk,
    damage: 'leave out',
    ...(progress === undefined ? {} : { progress }),
  })
  try {
    return {
      segments,
      batches,
      bytes,
      messages: store.messages,
      queues: store.queues().map(({ name, index }) => ({ name, messages: index.count })),
      durables: store.durables().length,
      prepared: store.branches().length,
      damages: store.damages,
      tail: files.tail,
      badSnapshots,
    }
  } finally {
    await store.close()
  }
}

export interface RepairOptions extends VerifyOptions {
  /** A new store with what can be read. Must be empty, or not there. */
  readonly to: string
}

export interface Repaired {
  /** Messages in the new store. */
  readonly messages: number
  readonly durables: number
  /** Prepared branches, which are left out: what they send is lost, what they took is back in its queue. */
  readonly prepared: number
  readonly damages: readonly Damage[]
}

/**
 * Saves what can be read of a damaged store into a new one; the damaged one is left as it is. What was in the batches that
 * `damages` names is lost: messages that they held, and removals, so that messages which were acknowledged may be back.
 */
export async function repairStore(options: RepairOptions): Promise<Repaired> {
  const { directory, to, disk = systemDisk, progress } = options
  await checkEmpty(to, disk)
  const store = await OfflineStore.open(directory, {
    disk,
    damage: 'leave out',
    ...(progress === undefined ? {} : { progress }),
  })
  try {
    const writer = await StoreWriter.open(to, disk)
    try {
      for (const record of store.durables()) writer.durable(record)
      for (const queue of store.queues()) {
        writer.queue(queue.name)
        for await (const { key, message } of store.read(queue)) {
          const room = writer.add(queue.name, key, message)
          if (room !== undefined) await room
        }
      }
    } finally {
      await writer.close()
    }
    const prepared = store.branches().length
    return { messages: writer.messages, durables: store.durables().length, prepared, damages: store.damages }
  } finally {
    await store.close()
  }
}
