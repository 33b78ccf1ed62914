/** What is measured over STOMP while the brokers run, with a client that costs next to nothing. */
import { MESSAGE_BYTES, type Measure, rate, type Timing } from './measure.ts'
import { StompLoadClient } from './stomp-load-client.ts'

/** Messages that were sent and did not come yet, at most: a producer that nobody waits for would only fill the queue. */
const AHEAD_MAX = 5_000

export type Login = Readonly<Record<string, string>>

/** `producers` connections, each with one message under way at a time. */
export async function stompSynchronous(
  url: string,
  queue: string,
  timing: Timing,
  producers: number,
  login: Login = {},
): Promise<Measure> {
  const clients = await Promise.all(Array.from({ length: producers }, () => StompLoadClient.open(url, login)))
  try {
    return await rate(timing, async (over) => {
      const counts = await Promise.all(clients.map((client) => client.send(`/queue/${queue}`, MESSAGE_BYTES, 1, over)))
      return counts.reduce((sum, count) => sum + count, 0)
    })
  } finally {
    for (const client of clients) client.close()
  }
}

/** One connection with so many messages under way. */
export async function stompPipelined(
  url: string,
  queue: string,
  timing: Timing,
  window: number,
  login: Login = {},
): Promise<Measure> {
  const client = await StompLoadClient.open(url, login)
  try {
    return await rate(timing, (over) => client.send(`/queue/${queue}`, MESSAGE_BYTES, window, over))
  } finally {
    client.close()
  }
}

/** One producer that asks for no receipts, and one consumer: what has come. */
export async function stompEndToEnd(url: string, queue: string, timing: Timing, login: Login = {}): Promise<Measure> {
  const [producer, consumer] = [await StompLoadClient.open(url, login), await StompLoadClient.open(url, login)]
  try {
    await consumer.subscribe(`/queue/${queue}`)
    return await rate(timing, async (over) => {
      const before = consumer.frames
      const allowed = (): number => consumer.frames - before + AHEAD_MAX
      consumer.heard = () => producer.wake()
      const sent = await producer.send(`/queue/${queue}`, MESSAGE_BYTES, 0, over, allowed)
      await consumer.came(before + sent)
      return sent
    })
  } finally {
    producer.close()
    consumer.close()
  }
}
