import { MillraceError, type Task } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import type { Broker } from './broker.ts'
import { Queue } from './queue.ts'
import type { Target } from './target.ts'
import { Topic } from './topic.ts'

/**
 * What an operator does to destinations. They are given as objects or as texts like `topic://PRICES`; a bare name is a
 * queue. Errors are MillraceErrors.
 */
export class Administration {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** Makes it if it is not there. Throws DESTINATION_INVALID for what is not one queue or topic, and LIMIT_REACHED. */
  createDestination(destination: Destination | string): Target {
    const name = plain(destination)
    if (name.temporary)
      throw new MillraceError('DESTINATION_INVALID', `${name.text} is temporary: its connection makes it`)
    return this.#broker.destinations.find(name) ?? this.#broker.destinations.create(name, null)
  }

  /**
   * Removes it with everything in it; fulfilled when the store has forgotten it. Rejects with DESTINATION_UNKNOWN, and
   * with DESTINATION_IN_USE while it has consumers or durable subscriptions. `evenIfUsed`: consumers stay connected and
   * get nothing any more; durable subscriptions stay, and get what is sent to a topic that is made by this name later.
   */
  async deleteDestination(
    destination: Destination | string,
    options: { readonly evenIfUsed?: boolean } = {},
  ): Promise<void> {
    const target = this.#find(destination)
    const durables = target instanceof Topic ? target.durables.size : 0
    if (options.evenIfUsed !== true && target.consumers + durables > 0) {
      const message = `${target.destination.text} has ${target.consumers} consumers and ${durables} durable subscriptions`
      throw new MillraceError('DESTINATION_IN_USE', message)
    }
    await new Promise<void>((resolve, reject) => {
      const done = (error: MillraceError | null): void => (error === null ? resolve() : reject(error))
      this.#broker.destinations.delete(target, { done })
    })
  }

  /**
   * Lets go of all messages of a queue but those that consumers have. Fulfilled with their number. Rejects with
   * DESTINATION_UNKNOWN, and with DESTINATION_INVALID for a topic, which keeps nothing.
   */
  async purge(destination: Destination | string): Promise<number> {
    const target = this.#find(destination)
    if (!(target instanceof Queue)) {
      throw new MillraceError(
        'DESTINATION_INVALID',
        `${target.destination.text} is no queue: there is nothing to purge`,
      )
    }
    return new Promise((resolve) => this.#broker.turn.work(new Purge(target, resolve)))
  }

  #find(destination: Destination | string): Target {
    const name = plain(destination)
    const target = this.#broker.destinations.find(name)
    if (target === null) throw new MillraceError('DESTINATION_UNKNOWN', `${name.text} does not exist`)
    return target
  }
}

/** Goes through a queue page by page, as far as it reached in the beginning. */
class Purge implements Task {
  queued = false
  readonly #queue: Queue
  readonly #done: (count: number) => void
  readonly #keyLast: number
  #count = 0

  constructor(queue: Queue, done: (count: number) => void) {
    this.#queue = queue
    this.#done = done
    this.#keyLast = queue.cursor.lastKey
  }

  run(): void {
    const queue = this.#queue
    if (!queue.deleted) {
      const before = queue.count
      const more = queue.purge(this)
      this.#count += before - queue.count
      if (more && queue.cursor.position < this.#keyLast) return
    }
    this.#done(this.#count)
  }
}

function plain(destination: Destination | string): Destination {
  const name = typeof destination === 'string' ? Destination.parse(destination) : destination
  if (!name.composite && !name.pattern) return name
  throw new MillraceError('DESTINATION_INVALID', `${name.text} is not one destination`)
}
