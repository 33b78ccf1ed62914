/**
 * What the clients of a crash run wrote down, in the order in which it happened. Intents are written before the client
 * acts, outcomes when it learned them; an intent without an outcome is one whose outcome nobody knows.
 *
 * An endpoint is a place where a message has to arrive once: a queue, or a durable subscription. A life is one process of
 * the broker, from its ready line to its end.
 */
export type LedgerEvent =
  /** About to send. `logical`: what is being said; sending it again after an unknown outcome is a new `id`, same `logical`. */
  | {
      readonly kind: 'send'
      readonly id: string
      readonly logical: string
      readonly producer: string
      readonly sequence: number
      readonly endpoints: readonly string[]
      readonly hash: string
      readonly persistent: boolean
      readonly transaction: string | null
    }
  /** The broker's receipt. Not written for sends in a transaction: their receipt is `committed`. */
  | { readonly kind: 'sent'; readonly id: string }
  /** The broker said no. */
  | { readonly kind: 'refused'; readonly id: string }
  /** Handed to the application. `consumer` names one consumer object, so it is another one after each reconnection. */
  | {
      readonly kind: 'received'
      readonly delivery: number
      readonly id: string
      readonly endpoint: string
      readonly consumer: string
      readonly life: number
      readonly hash: string
      readonly redelivered: boolean
    }
  /** About to acknowledge. */
  | { readonly kind: 'acknowledge'; readonly delivery: number; readonly transaction: string | null }
  /** The broker's answer to it. Not written for acknowledgements in a transaction. */
  | { readonly kind: 'acknowledged'; readonly delivery: number }
  /** The consumer gave it back or lost it: connection gone, `recover()`, rollback. */
  | { readonly kind: 'released'; readonly delivery: number }
  /** About to commit. A transaction without it that is not rolled back either ended with its connection. */
  | { readonly kind: 'commit'; readonly transaction: string }
  | { readonly kind: 'committed'; readonly transaction: string }
  | { readonly kind: 'rolled-back'; readonly transaction: string }

export type SendEvent = Extract<LedgerEvent, { kind: 'send' }>
export type ReceivedEvent = Extract<LedgerEvent, { kind: 'received' }>

/** Grows while the run goes on. */
export class Ledger {
  readonly events: LedgerEvent[] = []
  #deliveries = 0

  write(event: LedgerEvent): void {
    this.events.push(event)
  }

  received(event: Omit<ReceivedEvent, 'kind' | 'delivery'>): number {
    const delivery = ++this.#deliveries
    this.events.push({ kind: 'received', delivery, ...event })
    return delivery
  }
}
