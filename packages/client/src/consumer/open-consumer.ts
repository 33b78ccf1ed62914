import { type ConsumerId, LastDelivered } from '@millrace/openwire'
import type { Destination } from '../destination.ts'
import { localError } from '../errors.ts'
import { removal } from '../removal.ts'
import type { Session } from '../session.ts'
import { MessageConsumer } from './consumer.ts'
import { type ConsumerOptions, consumerInfo } from './consumer-info.ts'

/** Registers a consumer at the broker. `added` is told before anything can be dispatched. */
export async function openConsumer(
  session: Session,
  destination: Destination,
  options: ConsumerOptions,
  durableName: string | null,
  added: (consumer: MessageConsumer) => void,
): Promise<MessageConsumer> {
  session.requireOpen()
  const { connection } = session
  if (destination.temporary) {
    connection.temporaries.requireOwn(destination)
    connection.temporaries.requireAlive(destination)
  }
  const info = consumerInfo(session, destination, options, durableName)
  const consumer = new MessageConsumer(session, destination, info, options)
  // A dispatch may come before the answer.
  connection.targets.add(info.consumerId as ConsumerId, consumer)
  added(consumer)
  try {
    await connection.request(info, `consuming from ${String(destination)}`, options)
  } catch (error) {
    consumer.closedWithSession()
    // Nobody will have it, so the broker must not give it messages.
    if (localError(error).outcome === 'unknown' && !connection.gone)
      connection.oneWay(removal(info.consumerId, LastDelivered.None))
    throw error
  }
  consumer.wake()
  return consumer
}
