import { type Message, type MessageConsumer, type MessageProducer, type Session, TextMessage } from '@millrace/client'
import type { TestBroker } from '../src/index.ts'

/** What nearly every test begins with. */
export interface Desk {
  readonly session: Session
  readonly producer: MessageProducer
  readonly consumer: MessageConsumer
}

/** A session with a producer and a consumer of one queue. */
export async function deskOf(broker: TestBroker, queueName: string): Promise<Desk> {
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue(queueName)
  return { session, producer: await session.createProducer(queue), consumer: await session.createConsumer(queue) }
}

export function textOf(message: Message | null): string {
  if (!(message instanceof TextMessage)) throw new Error(`expected a text message, got ${String(message)}`)
  return message.text ?? ''
}

/** Time limit for what must come. It only decides how long a failing test takes. */
export const SOON = 10_000
