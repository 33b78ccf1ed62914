import type { Message } from './messages/message.ts'
import type { Session } from './session.ts'

/**
 * Looks at, changes or replaces messages on their way (model behaviour: MessageTransformer). Set for all in the factory's
 * options (`transformer`), or on one session, producer or consumer. Both are plain functions: a send has its place in
 * the order within the call.
 */
export interface MessageTransformer {
  /** First thing in `send`. What it throws, `send` rejects with, and nothing is sent. */
  producerTransform?(message: Message, session: Session): Message
  /**
   * Before the application gets a message; it may be called again when the message is delivered again. When it throws,
   * the message goes to the dead letter queue with what it said as the cause, and the next one follows.
   */
  consumerTransform?(message: Message, session: Session): Message
}
