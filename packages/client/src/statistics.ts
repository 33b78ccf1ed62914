import type { Destination } from './destination.ts'

/** Of one producer, since it was made: plain numbers, a snapshot. */
export interface ProducerStatistics {
  /** `queue://ORDERS`; null: one for any destination. */
  readonly destination: string | null
  /** Sends that were taken, whatever became of them. */
  readonly messages: number
  /** Their bodies and properties, as they are on the wire. */
  readonly bytes: number
  /** Those that rejected: refused by the broker, given up, or lost. One-way sends that the broker refuses are not known. */
  readonly failed: number
}

/** Of one consumer, since it was made: plain numbers, a snapshot. */
export interface ConsumerStatistics {
  readonly destination: string
  /** Deliveries to the application. */
  readonly messages: number
  readonly bytes: number
  /** Those of them that were not the first. */
  readonly redelivered: number
  /** Dropped here because their time was over. */
  readonly expired: number
  /** Given up to the dead letter queue: rejected, or delivered too often. */
  readonly poisoned: number
  /** Came again after a fail-over, and were kept from the application. */
  readonly duplicates: number
  /** Wait here for the application now. */
  readonly pending: number
}

/** Of one session: its own counts, and those of what is open in it. */
export interface SessionStatistics {
  readonly commits: number
  readonly rollbacks: number
  readonly producers: readonly ProducerStatistics[]
  readonly consumers: readonly ConsumerStatistics[]
}

/** Of all producers and consumers of one destination, also of those that are closed. */
export interface DestinationStatistics {
  readonly sent: Omit<ProducerStatistics, 'destination'>
  readonly received: Omit<ConsumerStatistics, 'destination'>
}

/** Of one connection. */
export interface ConnectionStatistics extends DestinationStatistics {
  /** Links that broke. */
  readonly interruptions: number
  readonly commits: number
  readonly rollbacks: number
  /** By `queue://ORDERS`; producers for any destination count under `*`, and what is beyond 1000 destinations under `...`. */
  readonly destinations: Readonly<Record<string, DestinationStatistics>>
  readonly sessions: readonly SessionStatistics[]
}

/** Counts of a producer. Incremented where things happen; that is all it costs. */
export class ProducerCounters {
  messages = 0
  bytes = 0
  failed = 0

  add(other: Omit<ProducerStatistics, 'destination'>): void {
    this.messages += other.messages
    this.bytes += other.bytes
    this.failed += other.failed
  }

  snapshot(destination: Destination | null): ProducerStatistics {
    const { messages, bytes, failed } = this
    return { destination: destination?.toString() ?? null, messages, bytes, failed }
  }
}

/** Counts of a consumer. */
export class ConsumerCounters {
  messages = 0
  bytes = 0
  redelivered = 0
  expired = 0
  poisoned = 0
  duplicates = 0
  /** Only of sums. */
  pending = 0

  add(other: Omit<ConsumerStatistics, 'destination'>): void {
    this.messages += other.messages
    this.bytes += other.bytes
    this.redelivered += other.redelivered
    this.expired += other.expired
    this.poisoned += other.poisoned
    this.duplicates += other.duplicates
    this.pending += other.pending
  }

  snapshot(destination: Destination, pending: number): ConsumerStatistics {
    const { messages, bytes, redelivered, expired, poisoned, duplicates } = this
    return { destination: destination.toString(), messages, bytes, redelivered, expired, poisoned, duplicates, pending }
  }
}

const DESTINATIONS_MAX = 1000
const REST = '...'
const ANY = '*'

class DestinationCounters {
  readonly sent = new ProducerCounters()
  readonly received = new ConsumerCounters()

  snapshot(): DestinationStatistics {
    const { messages, bytes, failed } = this.sent
    const { redelivered, expired, poisoned, duplicates, pending, ...got } = this.received
    return {
      sent: { messages, bytes, failed },
      received: { messages: got.messages, bytes: got.bytes, redelivered, expired, poisoned, duplicates, pending },
    }
  }
}

/** Sums by destination; of a connection those of producers and consumers that are closed. */
export class Totals {
  commits = 0
  rollbacks = 0
  readonly #destinations = new Map<string, DestinationCounters>()

  sent(statistics: ProducerStatistics): void {
    if (statistics.messages > 0) this.#of(statistics.destination ?? ANY).sent.add(statistics)
  }

  received(statistics: ConsumerStatistics): void {
    this.#of(statistics.destination).received.add(statistics)
  }

  /** With what is open now. */
  snapshot(sessions: readonly SessionStatistics[], interruptions: number): ConnectionStatistics {
    const all = new Totals()
    for (const [name, counters] of this.#destinations) {
      const into = all.#of(name)
      into.sent.add(counters.sent)
      into.received.add(counters.received)
    }
    for (const session of sessions) {
      for (const producer of session.producers) all.sent(producer)
      for (const consumer of session.consumers) all.received(consumer)
    }
    const whole = new DestinationCounters()
    const destinations: Record<string, DestinationStatistics> = {}
    for (const [name, counters] of all.#destinations) {
      whole.sent.add(counters.sent)
      whole.received.add(counters.received)
      destinations[name] = counters.snapshot()
    }
    const { commits, rollbacks } = this
    return { ...whole.snapshot(), interruptions, commits, rollbacks, destinations, sessions }
  }

  #of(destination: string): DestinationCounters {
    const known = this.#destinations.get(destination)
    if (known !== undefined) return known
    if (this.#destinations.size >= DESTINATIONS_MAX && destination !== REST) return this.#of(REST)
    const counters = new DestinationCounters()
    this.#destinations.set(destination, counters)
    return counters
  }
}
