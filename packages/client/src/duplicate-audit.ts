import type { MessageId, ProducerId } from '@millrace/openwire'

/** Destinations (topics: consumers) that are remembered; the one that was not used for longest goes first. */
const PLACES_MAX = 1000

/**
 * Which messages a connection has been given (client facts of the model system: only on links that fail over). A broker
 * that lost an acknowledgement dispatches the message again; this finds such ones out. It remembers, for each queue or
 * topic consumer, the last `depth` sequence numbers of the last `producersMax` producers. What it does not remember
 * counts as new: a repetition is better than a loss.
 */
export class DuplicateAudit {
  readonly #depth: number
  readonly #producersMax: number
  readonly #places = new Map<string, Place>()
  /** Where the last message went: nearly always where the next one goes. */
  #last: Place | null = null

  constructor(depth: number, producersMax: number) {
    this.#depth = Math.max(1, depth)
    this.#producersMax = Math.max(1, producersMax)
  }

  /** Notes it. True: it was here before. */
  seen(place: string, id: MessageId): boolean {
    return id.producerId !== null && this.#windowOf(place, id.producerId).add(Number(id.producerSequenceId))
  }

  has(place: string, id: MessageId): boolean {
    return id.producerId !== null && this.#windowOf(place, id.producerId).has(Number(id.producerSequenceId))
  }

  /** It was given back, so it may come again. */
  forget(place: string, id: MessageId | null): void {
    const producerId = id?.producerId ?? null
    if (producerId !== null) this.#windowOf(place, producerId).remove(Number(id?.producerSequenceId))
  }

  #windowOf(name: string, id: ProducerId): Window {
    let place = this.#last
    if (place === null || place.name !== name) {
      place = this.#places.get(name) ?? new Place(name)
      this.#last = place
      // Moves to the end: the first is the one that was not used for longest.
      this.#places.delete(name)
      this.#places.set(name, place)
      if (this.#places.size > PLACES_MAX) removeFirst(this.#places)
    }
    return place.windowOf(id, this.#depth, this.#producersMax)
  }
}

class Place {
  readonly name: string
  readonly #windows = new Map<string, Window>()
  #id: ProducerId | null = null
  #window: Window | null = null

  constructor(name: string) {
    this.name = name
  }

  windowOf(id: ProducerId, depth: number, producersMax: number): Window {
    if (this.#window !== null && this.#id !== null && sameProducer(this.#id, id)) return this.#window
    const key = `${id.connectionId}:${id.sessionId}:${id.value}`
    const window = this.#windows.get(key) ?? new Window(depth)
    this.#windows.delete(key)
    this.#windows.set(key, window)
    if (this.#windows.size > producersMax) removeFirst(this.#windows)
    this.#id = id
    this.#window = window
    return window
  }
}

/** A bit for each of the last `depth` sequence numbers of one producer. */
class Window {
  readonly #depth: number
  readonly #bits: Uint8Array
  #last = -1

  constructor(depth: number) {
    this.#depth = depth
    this.#bits = new Uint8Array(depth)
  }

  add(sequence: number): boolean {
    if (sequence > this.#last) {
      if (sequence - this.#last >= this.#depth) this.#bits.fill(0)
      else for (let i = this.#last + 1; i < sequence; i++) this.#bits[i % this.#depth] = 0
      this.#last = sequence
      this.#bits[sequence % this.#depth] = 1
      return false
    }
    if (sequence <= this.#last - this.#depth) return false
    const before = this.#bits[sequence % this.#depth]
    this.#bits[sequence % this.#depth] = 1
    return before === 1
  }

  has(sequence: number): boolean {
    if (sequence > this.#last || sequence <= this.#last - this.#depth) return false
    return this.#bits[sequence % this.#depth] === 1
  }

  remove(sequence: number): void {
    if (sequence > this.#last || sequence <= this.#last - this.#depth) return
    this.#bits[sequence % this.#depth] = 0
  }
}

function sameProducer(a: ProducerId, b: ProducerId): boolean {
  return a.value === b.value && a.sessionId === b.sessionId && a.connectionId === b.connectionId
}

function removeFirst(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
