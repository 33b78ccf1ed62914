import { ResourceAllocationError } from './errors.ts'

/** What may be under way and what may wait; see the options of the same names. */
export interface SendLimits {
  readonly maxSendsInFlight: number
  readonly maxBytesInFlight: number
  readonly maxSendsWaiting: number
  readonly maxBytesWaiting: number
}

/** A session with sends that wait. */
export interface Waiter {
  writeWaiting(): void
}

/** The sends of a connection that are under way or wait, and whether there is room for one more. */
export class SendRoom {
  /** Confirmed sends that have no answer yet. */
  sendsInFlight = 0
  bytesInFlight = 0
  /** Sends that wait here before they are written, or were written while the socket had enough. */
  sendsWaiting = 0
  bytesWaiting = 0
  readonly #limits: SendLimits
  readonly #waiters = new Set<Waiter>()
  /** Of the waiting ones, those that the transport has; they are gone when it is drained. */
  #unsent = 0
  #unsentBytes = 0

  constructor(limits: SendLimits) {
    this.#limits = limits
  }

  /** One more may be under way. */
  get free(): boolean {
    const { maxSendsInFlight, maxBytesInFlight } = this.#limits
    // One is always allowed, whatever the limits say.
    if (this.sendsInFlight === 0) return true
    return this.sendsInFlight < maxSendsInFlight && this.bytesInFlight < maxBytesInFlight
  }

  /** The error for one more, when as many wait as may. */
  refusalToWait(): ResourceAllocationError | null {
    const { maxSendsWaiting, maxBytesWaiting } = this.#limits
    if (this.sendsWaiting < maxSendsWaiting && this.bytesWaiting < maxBytesWaiting) return null
    const waiting = `${this.sendsWaiting} sends of ${this.bytesWaiting} bytes wait`
    return new ResourceAllocationError(`${waiting}: await some, or raise maxSendsWaiting and maxBytesWaiting`)
  }

  waits(bytes: number): void {
    this.sendsWaiting++
    this.bytesWaiting += bytes
  }

  waitsNoLonger(bytes: number): void {
    this.sendsWaiting--
    this.bytesWaiting -= bytes
  }

  departs(bytes: number): void {
    this.sendsInFlight++
    this.bytesInFlight += bytes
  }

  answered(bytes: number): void {
    this.sendsInFlight--
    this.bytesInFlight -= bytes
    if (this.#waiters.size > 0) this.#wake()
  }

  /** The transport took one although it has enough. */
  unsent(bytes: number): void {
    this.waits(bytes)
    this.#unsent++
    this.#unsentBytes += bytes
  }

  /** The transport has nothing left. */
  drained(): void {
    this.sendsWaiting -= this.#unsent
    this.bytesWaiting -= this.#unsentBytes
    this.#unsent = 0
    this.#unsentBytes = 0
  }

  /** It is told when there may be room. */
  wait(waiter: Waiter): void {
    this.#waiters.add(waiter)
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter)
  }

  #wake(): void {
    for (const waiter of Array.from(this.#waiters)) {
      this.#waiters.delete(waiter)
      waiter.writeWaiting()
    }
  }
}
