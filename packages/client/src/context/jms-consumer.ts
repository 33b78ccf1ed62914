import type { IterationOptions, MessageConsumer } from '../consumer/consumer.ts'
import type { MessageListener } from '../consumer/listener-calls.ts'
import type { BodyOf, BodyType } from '../messages/body-type.ts'
import type { Message } from '../messages/message.ts'
import type { WaitOptions } from '../wait.ts'

/** A consumer of a JMSContext (JMS 2.0 JMSConsumer): a MessageConsumer by another name. */
export class JMSConsumer implements AsyncIterable<Message>, AsyncDisposable {
  /** For what JMSConsumer does not have. */
  readonly consumer: MessageConsumer

  /** Use `context.createConsumer`. */
  constructor(consumer: MessageConsumer) {
    this.consumer = consumer
  }

  get messageSelector(): string | undefined {
    return this.consumer.messageSelector
  }

  receive(options?: number | WaitOptions): Promise<Message | null> {
    return this.consumer.receive(options)
  }

  receiveNoWait(): Promise<Message | null> {
    return this.consumer.receiveNoWait()
  }

  receiveBody<Type extends BodyType>(type: Type, options?: number | WaitOptions): Promise<BodyOf[Type] | null> {
    return this.consumer.receiveBody(type, options)
  }

  receiveBodyNoWait<Type extends BodyType>(type: Type): Promise<BodyOf[Type] | null> {
    return this.consumer.receiveBodyNoWait(type)
  }

  setMessageListener(listener: MessageListener | null): Promise<void> {
    return this.consumer.setMessageListener(listener)
  }

  messages(options?: IterationOptions): AsyncIterableIterator<Message> {
    return this.consumer.messages(options)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.consumer.messages()
  }

  close(): Promise<void> {
    return this.consumer.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
