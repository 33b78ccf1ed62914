import type { Buffer } from 'node:buffer'
import { ProtocolError } from '@millrace/base'
import { type DataStructure, DataType } from './structures.ts'

// With CacheEnabled agreed each direction of a link has a table of the ids, transaction ids and destinations that went
// over it; a value that is there already travels as its slot number. The writer chooses the slots, the reader obeys.

/** Slots of a table when both sides offer 0. */
const SIZE_DEFAULT = 16_383

/** The writer keeps so many slots free before each frame, because none can be freed within one. */
const FREE_MIN = 100

/** A slot that is not stored. */
const NO_SLOT = -1

/** Slot numbers are signed 16-bit numbers. */
export function cacheSlots(cacheSize: number): number {
  return cacheSize === 0 ? SIZE_DEFAULT : Math.min(cacheSize, 32_767)
}

/** The receiving half. What it holds is shared by later commands, so it is never changed. */
export class InboundCache {
  readonly #size: number
  readonly #values = new Map<number, DataStructure | null>()

  constructor(size: number) {
    this.#size = size
  }

  store(slot: number, value: DataStructure | null): void {
    if (slot === NO_SLOT) return
    if (slot < 0 || slot >= this.#size) {
      throw new ProtocolError('FRAME_INVALID', `cache slot ${slot}, of ${this.#size}`)
    }
    this.#values.set(slot, value)
  }

  load(slot: number): DataStructure | null {
    const value = this.#values.get(slot)
    if (value === undefined) throw new ProtocolError('FRAME_INVALID', `nothing in cache slot ${slot}`)
    return value
  }
}

/** The sending half. Its choice of slots is the one of the reference, so that equal commands give equal bytes. */
export class OutboundCache {
  readonly #size: number
  readonly #slots = new Map<CacheKey, number>()
  readonly #keys: (CacheKey | null)[] = []
  /** Slots given out since `beginFrame`. */
  readonly #added: number[] = []
  #next = 0
  #nextAtFrame = 0
  #evict = 0

  constructor(size: number) {
    this.#size = size
  }

  /** Makes room before a frame: the oldest slots are forgotten first. */
  beginFrame(): void {
    // A table that is smaller than what is to be kept free is emptied, and no more.
    const kept = Math.max(0, this.#size - FREE_MIN)
    while (this.#slots.size > kept) {
      const key = this.#keys[this.#evict]
      if (key !== undefined && key !== null) this.#slots.delete(key)
      this.#keys[this.#evict] = null
      this.#evict = (this.#evict + 1) % this.#size
    }
    this.#added.length = 0
    this.#nextAtFrame = this.#next
  }

  /** The frame is not sent after all, so its slots are not known to the peer. */
  abandonFrame(): void {
    for (const slot of this.#added) {
      const key = this.#keys[slot]
      if (key !== undefined && key !== null) this.#slots.delete(key)
      this.#keys[slot] = null
    }
    this.#added.length = 0
    this.#next = this.#nextAtFrame
  }

  find(key: CacheKey): number | undefined {
    return this.#slots.get(key)
  }

  add(key: CacheKey): number {
    const slot = this.#next
    this.#next = (slot + 1) % this.#size
    if (this.#slots.size >= this.#size) return NO_SLOT
    const previous = this.#keys[slot]
    // Only after a frame that filled the table.
    if (previous !== undefined && previous !== null) this.#slots.delete(previous)
    this.#keys[slot] = key
    this.#slots.set(key, slot)
    this.#added.push(slot)
    return slot
  }
}

/** Equal for equal values: of the same kind, with the same fields. */
export type CacheKey = string | DataStructure

export function cacheKey(it: DataStructure | null): CacheKey {
  if (it === null) return ''
  switch (it.dataType) {
    case DataType.ConnectionId:
    case DataType.BrokerId:
      return `${it.dataType} ${text(it.value)}`
    case DataType.SessionId:
      return `${it.dataType} ${it.value} ${text(it.connectionId)}`
    case DataType.ConsumerId:
    case DataType.ProducerId:
      return `${it.dataType} ${it.sessionId} ${it.value} ${text(it.connectionId)}`
    case DataType.ActiveMQQueue:
    case DataType.ActiveMQTopic:
    case DataType.ActiveMQTempQueue:
    case DataType.ActiveMQTempTopic:
      return `${it.dataType} ${text(it.physicalName)}`
    case DataType.LocalTransactionId:
      return `${it.dataType} ${it.value} ${it.connectionId === null ? '' : text(it.connectionId.value)}`
    case DataType.XATransactionId:
      return `${it.dataType} ${it.formatId} ${hex(it.globalTransactionId)} ${hex(it.branchQualifier)}`
    default:
      return it
  }
}

function text(value: string | null): string {
  return value === null ? '-' : `=${value}`
}

function hex(value: Buffer | null): string {
  return value === null ? '-' : `=${value.toString('hex')}`
}
