import { ConnectionFactory } from '@millrace/client'
import type { Harness } from './harness.ts'
import { javaLoad } from './java-load.ts'
import { LoadClient } from './load-client.ts'
import { MESSAGE_BYTES, type Measure, type Timing } from './measure.ts'

/** Messages that wait in the queue before they are consumed, for each counted second. */
const MESSAGES_PER_SECOND = 20_000

interface Filled {
  readonly messages: number
  /** So many are consumed before the time is taken. */
  readonly uncounted: number
}

async function fill(url: string, queue: string, timing: Timing): Promise<Filled> {
  const uncounted = Math.ceil(timing.warmUp * MESSAGES_PER_SECOND)
  const messages = uncounted + Math.ceil(timing.seconds * MESSAGES_PER_SECOND)
  const client = await LoadClient.open(url)
  await client.send(queue, MESSAGE_BYTES, 0, (sent) => sent >= messages)
  client.close()
  return { messages, uncounted }
}

/** Empties a queue that was filled before, with one consumer and the default prefetch of 1000. */
export async function consumeTypeScript(url: string, timing: Timing, queueName: string): Promise<Measure> {
  const { messages, uncounted } = await fill(url, queueName, timing)
  const connection = await new ConnectionFactory(url).createConnection()
  try {
    await connection.start()
    const session = await connection.createSession()
    const consumer = await session.createConsumer(session.createQueue(queueName))
    let began = 0
    for (let i = 0; i < messages; i++) {
      if (i === uncounted) began = performance.now()
      if ((await consumer.receive(60_000)) === null) throw new Error(`Only ${i} of ${messages} messages came.`)
    }
    return { value: (messages - uncounted) / ((performance.now() - began) / 1000) }
  } finally {
    await connection.close()
  }
}

/** The same by the Java client. */
export async function consumeJava(harness: Harness, url: string, timing: Timing, queue: string): Promise<Measure> {
  const filled = await fill(url, queue, timing)
  return javaLoad(harness, url, timing, { row: 'drain', destination: `queue://${queue}`, ...filled })
}
