import { messageIdText } from '@millrace/openwire'
import type { Delivery } from './delivery.ts'
import type { DuplicateAudit } from '../duplicate-audit.ts'

/** What a consumer's application had already when it comes again over another link. */
export class Repeats {
  /** null: nobody looks for duplicates. */
  readonly #audit: DuplicateAudit | null
  readonly #placeOf: (delivery: Delivery) => string
  /** Ids of what the application got in its open transaction over an earlier link: when it comes again, it has it. */
  readonly #inTransaction = new Set<string>()
  /** Ids of what came over an earlier link and was finished after that had broken. */
  readonly #finishedLate = new Set<string>()

  /** `placeOf`: where the audit keeps a message: in its queue, but a topic's are each consumer's own. */
  constructor(audit: DuplicateAudit | null, placeOf: (delivery: Delivery) => string) {
    this.#audit = audit
    this.#placeOf = placeOf
  }

  /** It has just come. */
  came(delivery: Delivery): void {
    if (this.#audit !== null && delivery.messageId !== null) {
      delivery.suspect = this.#audit.seen(this.#placeOf(delivery), delivery.messageId)
    }
  }

  isDuplicate(delivery: Delivery): boolean {
    if (this.#audit === null || delivery.messageId === null) return false
    // Until now it may have been given back.
    if (delivery.suspect) return this.#audit.has(this.#placeOf(delivery), delivery.messageId)
    return this.#finishedLate.size > 0 && this.#finishedLate.has(idOf(delivery))
  }

  /** The application does not have it: it may come again, here or elsewhere. */
  forget(delivery: Delivery): void {
    this.#audit?.forget(this.#placeOf(delivery), delivery.messageId)
  }

  /** The same, but for what is a duplicate already. */
  forgetAll(deliveries: Iterable<Delivery>): void {
    if (this.#audit === null) return
    for (const delivery of deliveries) if (!this.isDuplicate(delivery)) this.forget(delivery)
  }

  /** The application is done with it, and its link broke before: it is not to come again. */
  finishedLate(delivery: Delivery): void {
    this.#finishedLate.add(idOf(delivery))
    if (delivery.messageId !== null) this.#audit?.seen(this.#placeOf(delivery), delivery.messageId)
  }

  /** The link broke. */
  interrupted(): void {
    this.#finishedLate.clear()
  }

  /** The application has it in its open transaction, and the link broke. */
  expect(delivery: Delivery): void {
    this.#inTransaction.add(idOf(delivery))
  }

  /** Something of the open transaction has not come again. */
  get expecting(): boolean {
    return this.#inTransaction.size > 0
  }

  /** Whether it is that. */
  arrived(delivery: Delivery): boolean {
    return this.#inTransaction.size > 0 && this.#inTransaction.delete(idOf(delivery))
  }

  transactionLeft(): void {
    this.#inTransaction.clear()
  }
}

/** How a log names it. */
export function idOf(delivery: Delivery): string {
  return delivery.messageId === null ? '' : messageIdText(delivery.messageId)
}
