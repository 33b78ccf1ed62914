import { ByteWriter, MillraceError } from '@millrace/base'
import type { Catalog } from './catalog.ts'
import { Chunk } from './queue-index.ts'
import { RecordReader, RecordType } from './record.ts'
import { readState, stateRecord } from './state.ts'

// The columns are stored as they are in memory. A machine of the other byte order rebuilds the index instead.
const BYTE_ORDER = 2 + (new Uint8Array(new Uint16Array([1]).buffer)[0] as number)

/** Parts of about this size are written one by one. */
const PART = 1 << 20

interface FrozenChunk {
  readonly chunk: Chunk
  readonly used: number
  readonly live: number
  readonly columns: Columns
}

/**
 * What is to go into a snapshot, as it was at one moment. The small things are written at once; of the index only the
 * columns are held on to, and a chunk that changes while the snapshot is being written goes on with copies. So a
 * million messages cost neither a long turn nor their index a second time.
 *
 * The body, in the order of the parts:
 *
 *     …  State record
 *     1  byte order of the columns: 3 = little endian, 2 = big endian (1 and 0: of format 1 and 2, which had no `expiresMs`)
 *     4  count of segments;   each: 4 number, 8 live, 8 live bytes, 8 remove bytes, 4 count of needs, 4 each
 *     4  count of queues;     each: 4 id, 8 `expiresMs`, 4 count of chunks, each: 4 used, 4 live, then the columns of `queue-index.ts`
 */
export class Snapshot {
  readonly number: number
  /** Behind the last batch that it knows of. */
  readonly place: number
  readonly #head: Buffer
  readonly #queues: { id: number; expiresMs: number; chunks: FrozenChunk[] }[] = []

  constructor(number: number, place: number, catalog: Catalog) {
    this.number = number
    this.place = place
    const writer = new ByteWriter(4096)
    writer.bytes(stateRecord(catalog))
    writer.byte(BYTE_ORDER)
    writer.int(catalog.segments.size)
    for (const use of catalog.segments.values()) {
      writer.int(use.number)
      writer.double(use.live)
      writer.double(use.liveBytes)
      writer.double(use.removeBytes)
      writer.int(use.needs.size)
      for (const need of use.needs) writer.int(need)
    }
    writer.int(catalog.queues.size)
    this.#head = writer.view()
    for (const queue of catalog.queues.values()) {
      const chunks = queue.index.chunks.map((chunk): FrozenChunk => {
        chunk.frozen = true
        return { chunk, used: chunk.used, live: chunk.live, columns: columnsOf(chunk) }
      })
      this.#queues.push({ id: queue.id, expiresMs: queue.expiresMs, chunks })
    }
  }

  /** Each part is valid until the next is asked for. */
  *parts(): Generator<Buffer> {
    yield this.#head
    const writer = new ByteWriter(PART + (PART >> 2))
    for (const { id, expiresMs, chunks } of this.#queues) {
      writer.int(id)
      writer.double(expiresMs)
      writer.int(chunks.length)
      for (const { used, live, columns } of chunks) {
        writer.int(used)
        writer.int(live)
        for (const column of columns) writer.bytes(new Uint8Array(column.buffer, 0, used * column.BYTES_PER_ELEMENT))
        if (writer.length < PART) continue
        yield writer.view()
        writer.reset()
      }
    }
    yield writer.view()
  }

  /** It was written, or will not be. */
  release(): void {
    for (const { chunks } of this.#queues) {
      for (const { chunk, columns } of chunks) if (chunk.keys === columns[0]) chunk.frozen = false
    }
    this.#queues.length = 0
  }
}

export function readSnapshotBody(bytes: Buffer, catalog: Catalog): void {
  const reader = new RecordReader()
  reader.reset(bytes)
  if (reader.byte() !== RecordType.State) throw new MillraceError('STORE_DAMAGED', 'a snapshot begins with the state')
  const end = reader.count(reader.int(), 1) + reader.position
  reader.reset(bytes, reader.position, end)
  readState(reader, catalog, 0)
  reader.reset(bytes, end)
  if (reader.byte() !== BYTE_ORDER) throw new MillraceError('STORE_DAMAGED', 'a snapshot of the other byte order')
  // What the branches of the state were counted for is counted in here already.
  catalog.clearSegments()
  for (let left = reader.count(reader.int(), 32); left > 0; left--) {
    const use = catalog.segment(reader.int())
    use.live = reader.double()
    use.liveBytes = reader.double()
    use.removeBytes = reader.double()
    for (let needs = reader.count(reader.int(), 4); needs > 0; needs--) use.needs.add(reader.int())
  }
  for (let left = reader.count(reader.int(), 16); left > 0; left--) {
    const queue = catalog.queues.get(reader.int())
    if (queue === undefined) throw new MillraceError('STORE_DAMAGED', 'a snapshot names a queue that it does not list')
    queue.expiresMs = reader.double()
    for (let chunks = reader.count(reader.int(), 8); chunks > 0; chunks--) {
      const used = reader.count(reader.int(), 25)
      const live = reader.int()
      const chunk = new Chunk(Math.max(used, used > 256 ? 1024 : 16))
      chunk.used = used
      chunk.live = live
      for (const column of columnsOf(chunk)) {
        const size = used * column.BYTES_PER_ELEMENT
        new Uint8Array(column.buffer, 0, size).set(reader.view(size))
      }
      queue.index.chunks.push(chunk)
      queue.index.count += live
    }
  }
}

type Columns = readonly [Float64Array, Float64Array, Uint32Array, Uint32Array, Uint8Array]

function columnsOf(chunk: Chunk): Columns {
  return [chunk.keys, chunk.places, chunk.offsets, chunk.lengths, chunk.shares]
}
