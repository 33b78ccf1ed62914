import { Readable, Writable } from 'node:stream'
import type { IterationOptions, MessageConsumer } from './consumer/consumer.ts'
import type { Message } from './messages/message.ts'
import type { MessageProducer } from './producer.ts'
import type { SendOptions } from './send.ts'

/**
 * The messages of a consumer as a stream of objects. It takes one message from the consumer when the one before has been
 * read, so that back-pressure reaches the broker. Of an AUTO session a message is acknowledged when the stream asks for
 * the next one, which is when the reader has taken it, not when it is done with it: acknowledge by hand in INDIVIDUAL mode
 * where that matters. Ends when the consumer closes; destroying it leaves the consumer open.
 *
 * `Readable.toWeb(...)` makes a stream of the Web of it.
 */
export function readableOf(consumer: MessageConsumer, options: IterationOptions = {}): Readable {
  const messages = consumer.messages(options)
  let ended = false
  return new Readable({
    objectMode: true,
    highWaterMark: 0,
    read(): void {
      messages.next().then(
        ({ done, value }) => {
          ended ||= done === true
          this.push(done === true ? null : value)
        },
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    },
    destroy(error, finish): void {
      const over = ended ? null : messages.return?.()
      Promise.resolve(over).then(
        () => finish(error),
        () => finish(error),
      )
    },
  })
}

/** How many sends a stream has on their way, and how. */
export interface WritableOptions extends SendOptions {
  /** Sends that may be on their way at once; the stream says "enough" beyond. 64. */
  highWaterMark?: number
}

/**
 * A stream of objects into a producer: each is a message, or what `message` makes of it. Sends are pipelined and in order;
 * the first that fails destroys the stream. `finish` comes when all are confirmed, one-way sends included.
 *
 * `Writable.toWeb(...)` makes a stream of the Web of it.
 */
export function writableTo<Value = Message>(
  producer: MessageProducer,
  message: (value: Value) => Message,
  options: WritableOptions = {},
): Writable {
  const { highWaterMark = 64, ...send } = options
  let onTheirWay = 0
  let goOn: (() => void) | null = null
  let failure: Error | null = null
  const writable = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(value: Value, _encoding, finish): void {
      onTheirWay++
      sent(value).then(
        () => {
          onTheirWay--
          goOn?.()
        },
        (error: unknown) => {
          failure = error instanceof Error ? error : new Error(String(error))
          writable.destroy(failure)
        },
      )
      if (onTheirWay < highWaterMark) finish()
      else
        goOn = () => {
          goOn = null
          finish()
        }
    },
    final(finish): void {
      producer.flush().then(
        () => finish(failure),
        (error: unknown) => finish(error instanceof Error ? error : new Error(String(error))),
      )
    },
  })
  // What `message` throws is an error of the stream, too.
  const sent = async (value: Value): Promise<void> => await producer.send(message(value), send)
  return writable
}
