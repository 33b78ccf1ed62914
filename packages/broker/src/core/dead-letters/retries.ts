import { MillraceError } from '@millrace/base'
import { Destination } from '../../message/destination.ts'
import type { Broker } from '../broker.ts'
import { Retry, type RetryReply } from './retry.ts'
import { SHARED_DEAD_LETTER_QUEUE } from './strategy.ts'

export type { RetryReply, RetryResult } from './retry.ts'

/** Which letters are sent back to where they came from; all that is given must hold. */
export interface RetryOptions {
  /** The dead letter queue. Default: `queue://ActiveMQ.DLQ`. */
  readonly queue?: Destination | string
  /** Only the one with this JMSMessageID. */
  readonly messageId?: string
  /** Only those that match; where a letter came from is `JMSDestination`, `queue://ORDERS`. */
  readonly selector?: string
  /** Letters at most. Default: what a transaction may have, see `Limits`. */
  readonly limit?: number
  /** Instead of where each came from. */
  readonly to?: Destination | string
}

/** Retries from dead letter queues that are under way. */
export class Retries {
  readonly #broker: Broker
  readonly #open = new Set<Retry>()
  #number = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * Sends letters to where they came from, in one transaction. Throws DESTINATION_UNKNOWN when there is no such queue,
   * SELECTOR_INVALID, DESTINATION_INVALID for a target that is no plain destination.
   */
  retry(options: RetryOptions, reply: RetryReply): void {
    const from = destinationOf(options.queue ?? SHARED_DEAD_LETTER_QUEUE)
    const queue = this.#broker.queue(from)
    if (queue === null) throw new MillraceError('DESTINATION_UNKNOWN', `there is no queue ${from.text}`)
    const to = options.to === undefined ? null : destinationOf(options.to)
    if (to !== null && (to.pattern || to.composite)) {
      throw new MillraceError('DESTINATION_INVALID', `letters cannot be sent to ${to.text}`)
    }
    // A letter and its acknowledgement are two.
    const countMax = Math.min(options.limit ?? Number.POSITIVE_INFINITY, this.#broker.limits.uncommittedMax >> 1)
    if (!(countMax >= 1)) throw new MillraceError('LIMIT_REACHED', `a retry of ${options.limit} letters`)
    const retry = new Retry(this.#broker, { queue, selector: selectorOf(options), countMax, to }, ++this.#number, reply)
    this.#open.add(retry)
    retry.begin()
  }

  tick(): void {
    if (this.#open.size === 0) return
    for (const retry of this.#open) {
      retry.tick()
      if (retry.ended) this.#open.delete(retry)
    }
  }
}

function selectorOf({ messageId, selector }: RetryOptions): string | null {
  const parts: string[] = []
  if (messageId !== undefined) parts.push(`JMSMessageID = '${messageId.replaceAll("'", "''")}'`)
  if (selector !== undefined && selector.trim() !== '') parts.push(messageId === undefined ? selector : `(${selector})`)
  return parts.length === 0 ? null : parts.join(' AND ')
}

function destinationOf(given: Destination | string): Destination {
  return typeof given === 'string' ? Destination.parse(given) : given
}
