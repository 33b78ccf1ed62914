import type { Message } from '../../message/message.ts'
import type { BacklogIndex, IndexRoom } from './header-index.ts'

const LANES = 10
const BLOCK_COUNT = 512
const BLOCK_BYTES = BLOCK_COUNT * 8

/** Keys that go in at one end and out at the other. */
class Lane {
  readonly blocks: Float64Array[] = []
  /** Of the first block. */
  head = 0
  /** Of the last block. */
  tail = 0

  get first(): number | undefined {
    const block = this.blocks[0]
    if (block === undefined || (this.blocks.length === 1 && this.head === this.tail)) return undefined
    return block[this.head]
  }
}

/**
 * Which messages of a long queue have which priority, so that the highest can be fetched first however far behind they
 * are: ten lists of keys, 8 bytes per message. A message that went another way is found out when it is fetched.
 */
export class Lanes implements BacklogIndex {
  builtTo: number
  readonly #room: IndexRoom
  readonly #lanes: readonly Lane[] = Array.from({ length: LANES }, () => new Lane())

  constructor(builtTo: number, room: IndexRoom) {
    this.builtTo = builtTo
    this.#room = room
  }

  add(key: number, message: Message): boolean {
    const lane = this.#lanes[Math.min(LANES - 1, Math.max(0, message.priority))] as Lane
    let block = lane.blocks[lane.blocks.length - 1]
    if (block === undefined || lane.tail === BLOCK_COUNT) {
      if (!this.#room.take(BLOCK_BYTES)) return false
      block = new Float64Array(BLOCK_COUNT)
      lane.blocks.push(block)
      lane.tail = 0
    }
    block[lane.tail] = key
    lane.tail++
    return true
  }

  remove(_key: number): void {}

  trim(position: number): void {
    if (position > this.builtTo) this.builtTo = position
    for (const lane of this.#lanes) this.#drop(lane, position)
  }

  clear(): void {
    for (const lane of this.#lanes) {
      this.#room.giveBack(lane.blocks.length * BLOCK_BYTES)
      lane.blocks.length = 0
      lane.head = 0
      lane.tail = 0
    }
  }

  /** The highest priority that something behind the window has; -1 = nothing. */
  get top(): number {
    for (let priority = LANES - 1; priority >= 0; priority--) {
      if (this.#lanes[priority]?.first !== undefined) return priority
    }
    return -1
  }

  /** Nothing has another priority than the highest: the order of the store will do. */
  get even(): boolean {
    return this.#lanes.filter((lane) => lane.first !== undefined).length <= 1
  }

  /** The next keys of the highest priority up to `span` beyond the first; they are taken out. */
  take(span: number): number[] {
    const lane = this.#lanes[this.top]
    const keys: number[] = []
    if (lane === undefined) return keys
    const last = (lane.first ?? 0) + span
    for (let key = lane.first; key !== undefined && key < last; key = lane.first) {
      keys.push(key)
      this.#drop(lane, key)
    }
    return keys
  }

  #drop(lane: Lane, key: number): void {
    for (let first = lane.first; first !== undefined && first <= key; first = lane.first) {
      lane.head++
      if (lane.head < BLOCK_COUNT) continue
      lane.blocks.shift()
      lane.head = 0
      this.#room.giveBack(BLOCK_BYTES)
    }
  }
}
