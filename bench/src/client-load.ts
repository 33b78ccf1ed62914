import { Buffer } from 'node:buffer'
import { ConnectionFactory } from '@millrace/client'
import { MESSAGE_BYTES, type Measure, rate, type Timing } from './measure.ts'

/** The TypeScript client, one producer. `window`: sends without their confirmation at a time; 0: one-way, with one barrier at the end. */
export async function clientLoad(url: string, timing: Timing, queueName: string, window: number): Promise<Measure> {
  const connection = await new ConnectionFactory(url, { maxSendsInFlight: Math.max(window, 1000) }).createConnection()
  try {
    const session = await connection.createSession()
    const producer = await session.createProducer(session.createQueue(queueName))
    const message = session.createBytesMessage(Buffer.alloc(MESSAGE_BYTES, 'Millrace '))
    return await rate(timing, async (over) => {
      let sent = 0
      if (window === 0) {
        while (!over()) {
          for (let i = 0; i < 99; i++) void producer.send(message, { confirm: false })
          await producer.send(message, { confirm: false })
          sent += 100
        }
        await connection.sync()
        return sent
      }
      let inFlight = 0
      let failure: unknown = null
      let wake = (): void => {}
      const settled = (): void => {
        inFlight--
        wake()
      }
      const failed = (error: unknown): void => {
        failure ??= error
        settled()
      }
      const some = (): Promise<void> =>
        new Promise((resolve) => {
          wake = resolve
        })
      while (!over() && failure === null) {
        while (inFlight < window) {
          inFlight++
          sent++
          producer.send(message).then(settled, failed)
        }
        await some()
      }
      while (inFlight > 0) await some()
      if (failure !== null) throw failure
      return sent
    })
  } finally {
    await connection.close()
  }
}
