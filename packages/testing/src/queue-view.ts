import type { Broker, Message, Queue } from 'millrace'

/** How a queue stands at this moment. */
export interface QueueView {
  /** `queue://ORDERS`; `durable://client:name` for the backlog of a durable subscription. */
  readonly name: string
  /** Messages that are not settled, wherever they are. */
  readonly count: number
  /** Of these, given to a consumer and not acknowledged. */
  readonly outstanding: number
  readonly consumers: number
  readonly producers: number
  /** Since the broker started. */
  readonly enqueued: number
  /** Since the broker started: acknowledged, expired, moved to the dead letter queue, purged. */
  readonly dequeued: number
}

export function viewOfQueue(name: string, queue: Queue | null): QueueView {
  if (queue === null) {
    return { name, count: 0, outstanding: 0, consumers: 0, producers: 0, enqueued: 0, dequeued: 0 }
  }
  const { count, consumers, producers, enqueued, dequeued } = queue
  return { name, count, outstanding: outstandingOf(queue), consumers, producers, enqueued, dequeued }
}

/** A consumer of a pattern has messages of several queues. */
function outstandingOf(queue: Queue): number {
  let count = 0
  for (const { subscription } of queue.dispatcher.attachments) {
    for (const entry of subscription.outstanding) if (entry.queue === queue) count++
  }
  return count
}

const PAGE_COUNT = 500

/** What is in a queue, in order: what is in memory, and what only the store has. */
export async function messagesOf(broker: Broker, queue: Queue): Promise<Message[]> {
  const found = new Map<number, Message>()
  for (const entry of queue.snapshot(Number.POSITIVE_INFINITY)) found.set(entry.key, entry.message)
  const { store, cursor } = queue
  if (store !== null && cursor.behind) {
    let afterKey = cursor.position
    for (let whole = false; !whole; ) {
      await new Promise<void>((resolve) => {
        store.page(afterKey, PAGE_COUNT, {
          paged: (page, last) => {
            for (const { key, message } of page) if (!found.has(key)) found.set(key, message)
            afterKey = page.at(-1)?.key ?? afterKey
            whole = last || page.length === 0
            resolve()
          },
        })
        broker.turn.work(queue)
      })
    }
  }
  return [...found].sort(([one], [other]) => one - other).map(([, message]) => message)
}
