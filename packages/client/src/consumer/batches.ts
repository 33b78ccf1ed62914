import { AcknowledgeMode } from './acknowledgement.ts'
import type { MessageConsumer } from './consumer.ts'
import type { Message } from '../messages/message.ts'
import type { Session } from '../session.ts'

/** How `MessageConsumer.batches` gathers. */
export interface BatchOptions {
  /** Messages at most. 100. */
  size?: number
  /** How long to wait for more once there is one, ms; 0: takes what is there. 0. */
  wait?: number
  /** Ends the iteration: its pending `next()` rejects with AbortError. */
  signal?: AbortSignal
}

/** See `MessageConsumer.batches`. */
export async function* batchesOf(
  consumer: MessageConsumer,
  session: Session,
  options: BatchOptions,
): AsyncGenerator<Message[], void, undefined> {
  const { size = 100, wait = 0, signal } = options
  const { clock } = session.connection.settings
  const { acknowledgeMode } = session
  const acknowledges = acknowledgeMode === AcknowledgeMode.AUTO || acknowledgeMode === AcknowledgeMode.DUPS_OK
  let open = false
  try {
    while (!consumer.closed) {
      const first = await consumer.receiveHeld(null, signal)
      if (first === null) return
      open = true
      const batch = [first]
      const end = clock.monotonic() + wait
      while (batch.length < size) {
        const message = await consumer.receiveHeld(Math.max(0, Math.ceil(end - clock.monotonic())), signal)
        if (message === null) break
        batch.push(message)
      }
      yield batch
      open = false
      if (acknowledges) await consumer.acknowledgeAll()
    }
  } finally {
    // Left in the middle of a batch: what it did not settle comes again.
    if (open && acknowledges) consumer.recover()
  }
}
