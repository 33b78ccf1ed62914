import type { Message } from '../message/message.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type { DurableRecord } from '../store/store.ts'
import { type Location, QueueIndex, SPILLED } from './queue-index.ts'
import { REMOVE_SIZE } from './record.ts'

/** A queue as the journal knows it. */
export class CatalogQueue {
  readonly id: number
  readonly name: string
  readonly index: QueueIndex = new QueueIndex()
  /** No message in it expires before this (wall clock, ms); Infinity: none does; 0: not known. */
  expiresMs: number = Number.POSITIVE_INFINITY
  deleted = false

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }
}

/** One step of a prepared branch. */
export type BranchOperation =
  | { readonly kind: 'add'; readonly queue: CatalogQueue; readonly key: number; readonly message: Message }
  | { readonly kind: 'remove'; readonly queue: CatalogQueue; readonly key: number }

export interface Branch {
  readonly xid: Xid
  /** Where its Prepare record stands. */
  place: number
  offset: number
  length: number
  /** Its record was written again elsewhere: the branch was safe before that. */
  moved: boolean
  /** Null while the store opens and only the place is known. */
  operations: readonly BranchOperation[] | null
}

/** What one segment still holds, and what holds it. */
export class SegmentUse {
  readonly number: number
  /** Entries and prepared branches whose record is in it. */
  live = 0
  liveBytes = 0
  /**
   * Older segments that hold an add which a record of this one takes back. While one of them exists this one must
   * exist too, else reading the journal from its beginning would bring the message back (J12).
   */
  readonly needs: Set<number> = new Set()
  /** Bytes of records in it that take something back. */
  removeBytes = 0
  /** The last batch that took something from it. */
  touched = 0

  constructor(number: number) {
    this.number = number
  }
}

interface ProducerMark {
  readonly id: string
  sequence: number
  stamp: number
  /** Sends that were refused, the oldest first; null = none, as for nearly all. */
  refused: Set<number> | null
}

/** Refused sends that are remembered, of all producers together. */
const REFUSED_MAX = 10_000

/**
 * Keeps the last sequence of the producers that sent last, at most `countMax` of them (J21), and which sends below it were
 * refused: those are not there, though a later one is.
 */
export class ProducerMarks {
  readonly #countMax: number
  readonly #marks = new Map<string, ProducerMark>()
  /** Producers with refusals that no record tells of yet. */
  readonly untold: Set<string> = new Set()
  /** Those with any. */
  readonly #refusing = new Set<ProducerMark>()
  #refusedCount = 0
  #last: ProducerMark = { id: '', sequence: 0, stamp: 0, refused: null }
  #stamp = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get size(): number {
    return this.#marks.size
  }

  note(id: string, sequence: number): void {
    let mark = this.#last
    if (mark.id !== id) {
      mark = this.#marks.get(id) ?? this.#put(id, sequence)
      this.#last = mark
    }
    mark.stamp = ++this.#stamp
    if (mark.refused !== null) this.#forget(mark, sequence)
    if (sequence > mark.sequence) mark.sequence = sequence
  }

  /** That message was not stored, and a later one may be. */
  refuse(id: string, sequence: number): void {
    const mark = this.#marks.get(id) ?? this.#put(id, -1)
    mark.stamp = ++this.#stamp
    mark.refused ??= new Set()
    if (mark.refused.has(sequence)) return
    mark.refused.add(sequence)
    this.#refusing.add(mark)
    this.untold.add(id)
    this.#refusedCount++
    if (this.#refusedCount <= REFUSED_MAX) return
    for (const oldest of this.#refusing) {
      for (const first of oldest.refused ?? []) {
        this.#forget(oldest, first)
        return
      }
    }
  }

  /** In the order in which they were refused. */
  refusedOf(id: string): readonly number[] {
    return [...(this.#marks.get(id)?.refused ?? [])]
  }

  /** The producers that `refusedOf` has something for. */
  refusing(): string[] {
    return [...this.#refusing].map(({ id }) => id)
  }

  #forget(mark: ProducerMark, sequence: number): void {
    if (mark.refused === null || !mark.refused.delete(sequence)) return
    this.#refusedCount--
    if (mark.refused.size > 0) return
    mark.refused = null
    this.#refusing.delete(mark)
    this.untold.delete(mark.id)
  }

  /** That message was not stored after all: it and the ones behind it may come again. */
  takeBack(id: string, sequence: number): void {
    const mark = this.#marks.get(id)
    if (mark !== undefined && mark.sequence >= sequence) mark.sequence = sequence - 1
    this.refuse(id, sequence)
  }

  /** 0 when it is not known. */
  sequenceOf(id: string): number {
    return this.#marks.get(id)?.sequence ?? 0
  }

  /** The one heard of longest ago first. */
  list(): readonly { readonly id: string; readonly sequence: number }[] {
    return [...this.#marks.values()].sort((a, b) => a.stamp - b.stamp)
  }

  #put(id: string, sequence: number): ProducerMark {
    // A quarter at a time, so that the sort is paid for rarely.
    if (this.#marks.size >= this.#countMax) {
      for (const { id: old } of this.list().slice(0, Math.ceil(this.#countMax / 4))) this.#drop(old)
    }
    const mark = { id, sequence, stamp: 0, refused: null }
    this.#marks.set(id, mark)
    return mark
  }

  #drop(id: string): void {
    const mark = this.#marks.get(id)
    for (const sequence of [...(mark?.refused ?? [])]) if (mark !== undefined) this.#forget(mark, sequence)
    this.#marks.delete(id)
  }
}

/**
 * Everything that the journal knows without reading it: where each message is, which durables and prepared branches
 * there are, what each segment is still needed for. Running and recovering change it through the same methods, so that
 * the one cannot drift from the other. All of it can be rebuilt from the journal.
 */
export class Catalog {
  readonly queues: Map<number, CatalogQueue> = new Map()
  readonly queuesByName: Map<string, CatalogQueue> = new Map()
  queueIdLast = 0
  /** No key up to this one is free. */
  keyLast = 0
  readonly durables: Map<string, DurableRecord> = new Map()
  readonly branches: Map<string, Branch> = new Map()
  readonly producers: ProducerMarks
  readonly segments: Map<number, SegmentUse> = new Map()
  /** A segment has nothing live any more: worth looking whether it can go. */
  emptied = false
  /** Bytes of records of spilled messages. */
  spilledBytes = 0
  readonly #segmentOf: (place: number) => number
  #use: SegmentUse = new SegmentUse(0)

  constructor(segmentOf: (place: number) => number, producersMax: number) {
    this.#segmentOf = segmentOf
    this.producers = new ProducerMarks(producersMax)
  }

  /** Forgets everything: a snapshot turned out to be of no use. */
  clear(): void {
    this.queues.clear()
    this.queuesByName.clear()
    this.durables.clear()
    this.branches.clear()
    this.clearSegments()
    this.queueIdLast = 0
    this.keyLast = 0
    this.spilledBytes = 0
  }

  clearSegments(): void {
    this.segments.clear()
    this.#use = new SegmentUse(0)
  }

  segment(number: number): SegmentUse {
    if (this.#use.number === number) return this.#use
    let use = this.segments.get(number)
    if (use === undefined) {
      use = new SegmentUse(number)
      this.segments.set(number, use)
    }
    this.#use = use
    return use
  }

  dropSegment(number: number): void {
    this.segments.delete(number)
    if (this.#use.number === number) this.#use = new SegmentUse(0)
    for (const use of this.segments.values()) use.needs.delete(number)
  }

  segmentAt(place: number): SegmentUse {
    return this.segment(this.#segmentOf(place))
  }

  makeQueue(id: number, name: string): CatalogQueue {
    const queue = new CatalogQueue(id, name)
    this.queues.set(id, queue)
    this.queuesByName.set(name, queue)
    if (id > this.queueIdLast) this.queueIdLast = id
    return queue
  }

  deleteQueue(queue: CatalogQueue, batch: number): void {
    for (const chunk of queue.index.chunks) {
      for (let slot = 0; slot < chunk.used; slot++) {
        const length = chunk.lengths[slot] as number
        if (length !== 0) this.#release(chunk.places[slot] as number, length, chunk.shares[slot] as number, batch)
      }
    }
    queue.index.clear()
    queue.deleted = true
    this.queues.delete(queue.id)
    if (this.queuesByName.get(queue.name) === queue) this.queuesByName.delete(queue.name)
  }

  /** The key must not be there. `expiration`: of the message, ms; 0 = never, -1 = not known. */
  add(
    queue: CatalogQueue,
    key: number,
    place: number,
    offset: number,
    length: number,
    shares: number,
    expiration: number,
  ): void {
    if (queue.index.count === 0) queue.expiresMs = Number.POSITIVE_INFINITY
    if (expiration !== 0 && expiration < queue.expiresMs) queue.expiresMs = Math.max(0, expiration)
    queue.index.insert(key, place, offset, length, shares)
    if (key > this.keyLast) this.keyLast = key
    this.#charge(place, length, shares)
  }

  /** The entry is there, and has another location from now on. `at`: the place of the batch that says so. */
  move(queue: CatalogQueue, at: Location, batch: number): void {
    const index = queue.index
    this.#release(index.place, index.length, index.shares, batch)
    index.relocate(at.place, at.offset, at.length, at.shares)
    this.#charge(at.place, at.length, at.shares)
  }

  /** Takes out the entry that `queue.index.find` moved onto. */
  remove(queue: CatalogQueue, batch: number): void {
    const index = queue.index
    this.#release(index.place, index.length, index.shares, batch)
    index.remove()
  }

  /** A record of the segment of `place` takes back one that is in `segment`. */
  need(place: number, segment: number): void {
    const use = this.segmentAt(place)
    if (use.number === segment) return
    use.needs.add(segment)
    use.removeBytes += REMOVE_SIZE
  }

  addBranch(branch: Branch): void {
    const text = xidText(branch.xid)
    this.branches.set(text, branch)
    this.#charge(branch.place, branch.length, 1)
  }

  moveBranch(branch: Branch, place: number, offset: number, length: number, batch: number): void {
    this.#release(branch.place, branch.length, 1, batch)
    branch.place = place
    branch.offset = offset
    branch.length = length
    branch.moved = true
    this.#charge(place, length, 1)
  }

  removeBranch(xid: Xid, batch: number): Branch | undefined {
    const text = xidText(xid)
    const branch = this.branches.get(text)
    if (branch === undefined) return undefined
    this.branches.delete(text)
    this.#release(branch.place, branch.length, 1, batch)
    return branch
  }

  /**
   * The segments that can go: nothing live in them; what emptied them is safe; they are older than the snapshot, so a
   * start does not read them; and none of their records takes back one that still exists (J12).
   */
  droppable(segments: readonly { readonly number: number }[], durable: number, snapshotSegment: number): number[] {
    const existing = new Set(segments.map(({ number }) => number))
    const gone: number[] = []
    for (const { number } of segments) {
      if (number >= snapshotSegment) continue
      const use = this.segments.get(number)
      if (use !== undefined) {
        if (use.live > 0 || use.touched > durable) continue
        let needed = false
        for (const need of use.needs) if (existing.has(need)) needed = true
        if (needed) continue
      }
      existing.delete(number)
      gone.push(number)
    }
    return gone
  }

  /** What was spilled by an earlier process is of no use to this one. `batch`: the last that is safe. */
  dropSpilled(batch: number): void {
    for (const queue of this.queues.values()) {
      for (const key of queue.index.spilled()) if (queue.index.find(key)) this.remove(queue, batch)
    }
    this.spilledBytes = 0
  }

  #charge(place: number, length: number, shares: number): void {
    const use = this.segmentAt(place)
    use.live++
    if (shares === SPILLED) this.spilledBytes += length
    use.liveBytes += shares === SPILLED ? length : Math.ceil(length / shares)
  }

  #release(place: number, length: number, shares: number, batch: number): void {
    const use = this.segmentAt(place)
    use.live--
    if (shares === SPILLED) this.spilledBytes -= length
    use.liveBytes -= shares === SPILLED ? length : Math.ceil(length / shares)
    use.touched = batch
    if (use.live === 0) this.emptied = true
  }
}

export function durableKey(clientId: string, name: string): string {
  return `${clientId.length}:${clientId}:${name}`
}
