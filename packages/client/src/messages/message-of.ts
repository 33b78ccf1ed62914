import { MessageFormatError } from '../errors.ts'
import type { BytesMessage } from './bytes-message.ts'
import type { MapMessage } from './map-message.ts'
import { Message } from './message.ts'
import type { TextMessage } from './text-message.ts'
import type { MessageInput } from './values.ts'

/** What can be sent without making a message by hand: text, bytes, a map; null is a message without a body. */
export type BodyInput =
  | null
  | string
  | Uint8Array
  | ReadonlyMap<string, MessageInput>
  | { readonly [name: string]: MessageInput }
  | Message

/** Makes messages; a session does. */
export interface MessageFactory {
  createMessage(): Message
  createTextMessage(text?: string | null): TextMessage
  createBytesMessage(bytes?: Uint8Array): BytesMessage
  createMapMessage(entries?: { readonly [name: string]: MessageInput } | ReadonlyMap<string, MessageInput>): MapMessage
}

/**
 * The message for a body, as `JMSProducer.send` has it (JMS 3.1 §7.2): a string is a text message, bytes a bytes message,
 * a Map or plain object a map message; a message is itself. Throws MessageFormatError for anything else.
 */
export function messageOf(factory: MessageFactory, body: BodyInput): Message {
  if (body === null) return factory.createMessage()
  if (typeof body === 'string') return factory.createTextMessage(body)
  if (body instanceof Message) return body
  if (body instanceof Uint8Array) return factory.createBytesMessage(body)
  if (body instanceof Map) return factory.createMapMessage(body)
  if (typeof body === 'object') {
    const prototype: unknown = Object.getPrototypeOf(body)
    if (prototype === Object.prototype || prototype === null) {
      return factory.createMapMessage(body as { readonly [name: string]: MessageInput })
    }
  }
  const what = typeof body === 'object' ? (body as object).constructor.name : typeof body
  throw new MessageFormatError(`a ${what} is no body: text, bytes, a map, a message or null`)
}
