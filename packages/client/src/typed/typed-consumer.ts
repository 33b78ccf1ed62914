import type { IterationOptions, MessageConsumer } from '../consumer/consumer.ts'
import type { ConsumerOptions } from '../consumer/consumer-info.ts'
import type { Destination } from '../destination.ts'
import type { Message } from '../messages/message.ts'
import type { Session } from '../session.ts'
import type { WaitOptions } from '../wait.ts'
import { type BodyCodec, jsonCodec } from './codec.ts'

/** Reads bodies; a BodyCodec does, and a CodecRegistry for all that it knows. */
export type BodyReader<Body> = Pick<BodyCodec<Body>, 'decode'>

/** A consumer's options, and how its bodies are read. */
export interface TypedConsumerOptions<Body> extends ConsumerOptions {
  /** JSON, unchecked, when absent. */
  codec?: BodyReader<Body>
}

/** A body and the message that it came in, for headers, properties and settling. */
export interface TypedMessage<Body> {
  readonly body: Body
  readonly message: Message
}

/**
 * Receives values of one type. A message that cannot be read as one, or that the codec's validation refuses, never gets
 * here: it goes to the dead letter queue with the reason, and the next one follows.
 */
export class TypedConsumer<Body> implements AsyncIterable<TypedMessage<Body>>, AsyncDisposable {
  /** For what is not here. */
  readonly consumer: MessageConsumer
  readonly #bodies: WeakMap<Message, Body>

  /** Use `typedConsumer`. */
  constructor(consumer: MessageConsumer, codec: BodyReader<Body>) {
    this.consumer = consumer
    const bodies = new WeakMap<Message, Body>()
    const before = consumer.transformer
    consumer.transformer = {
      consumerTransform: (message, session) => {
        const transformed = before?.consumerTransform?.(message, session) ?? message
        bodies.set(transformed, codec.decode(transformed))
        return transformed
      },
    }
    this.#bodies = bodies
  }

  /** As `MessageConsumer.receive`. */
  async receive(options?: number | WaitOptions): Promise<TypedMessage<Body> | null> {
    const message = await this.consumer.receive(options)
    return message === null ? null : this.#typed(message)
  }

  /** As `MessageConsumer.setMessageListener`. */
  setListener(
    listener: ((typed: TypedMessage<Body>, signal: AbortSignal) => void | Promise<void>) | null,
  ): Promise<void> {
    if (listener === null) return this.consumer.setMessageListener(null)
    return this.consumer.setMessageListener((message, signal) => listener(this.#typed(message), signal))
  }

  /** As `MessageConsumer.messages`. */
  messages(options?: IterationOptions): AsyncIterableIterator<TypedMessage<Body>> {
    const messages = this.consumer.messages(options)
    const typed = (result: IteratorResult<Message>): IteratorResult<TypedMessage<Body>> => {
      return result.done === true ? { done: true, value: undefined } : { done: false, value: this.#typed(result.value) }
    }
    const iterator: AsyncIterableIterator<TypedMessage<Body>> = {
      [Symbol.asyncIterator]: () => iterator,
      next: async () => typed(await messages.next()),
      return: async () => {
        await messages.return?.()
        return { done: true, value: undefined }
      },
    }
    return iterator
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<TypedMessage<Body>> {
    return this.messages()
  }

  close(): Promise<void> {
    return this.consumer.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #typed(message: Message): TypedMessage<Body> {
    // It was put there before the message was handed out.
    return { body: this.#bodies.get(message) as Body, message }
  }
}

/** A consumer of what the destination is of: `typedConsumer(session, session.createQueue<Order>('ORDERS'))`. */
export async function typedConsumer<Body>(
  session: Session,
  destination: Destination<Body>,
  options: TypedConsumerOptions<Body> = {},
): Promise<TypedConsumer<Body>> {
  const { codec = jsonCodec<Body>(), ...consumer } = options
  return new TypedConsumer(await session.createConsumer(destination, consumer), codec)
}
