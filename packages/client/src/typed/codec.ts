import { MessageFormatError } from '../errors.ts'
import { BytesMessage } from '../messages/bytes-message.ts'
import type { Message } from '../messages/message.ts'
import type { MessageFactory } from '../messages/message-of.ts'
import { TextMessage } from '../messages/text-message.ts'

/** The property that says how the body is to be read, as a MIME type. Spring's name for it. */
export const CONTENT_TYPE = 'content_type'

/** Turns values of one type into messages and back. */
export interface BodyCodec<Body> {
  /** MIME type, lower case, without parameters; goes into the property `content_type`. */
  readonly contentType: string
  /** A message with this body. Throws MessageFormatError for what cannot be written. */
  encode(body: Body, factory: MessageFactory): Message
  /** What it throws is the reason for which the message goes to the dead letter queue. */
  decode(message: Message): Body
}

/** How `jsonCodec` reads and checks bodies. */
export interface JsonCodecOptions<Body> {
  /**
   * Looks at what was parsed, and returns it, or something made of it; throws for what is not valid. The place for a
   * schema (`(value) => Order.parse(value)`). Also called before a value is sent.
   */
  validate?: (value: unknown) => Body
  /** As for `JSON.parse`. */
  reviver?: (key: string, value: unknown) => unknown
  /** As for `JSON.stringify`. */
  replacer?: (key: string, value: unknown) => unknown
}

const JSON_TYPE = 'application/json'

/**
 * JSON in text messages. Reads bytes messages (UTF-8) as well, since some senders have no other kind; a message that says
 * that it is of another content type is refused.
 */
export function jsonCodec<Body = unknown>(options: JsonCodecOptions<Body> = {}): BodyCodec<Body> {
  const { validate, reviver, replacer } = options
  return {
    contentType: JSON_TYPE,
    encode: (body, factory) => {
      validate?.(body)
      return factory.createTextMessage(stringify(body, replacer))
    },
    decode: (message) => {
      const type = contentTypeOf(message)
      if (type !== null && type !== JSON_TYPE && !type.endsWith('+json')) {
        throw new MessageFormatError(`the body is ${type}, not JSON`)
      }
      const value: unknown = parse(textOf(message), reviver)
      return validate === undefined ? (value as Body) : validate(value)
    },
  }
}

/** Text as it is. */
export const textCodec: BodyCodec<string> = {
  contentType: 'text/plain',
  encode: (body, factory) => factory.createTextMessage(body),
  decode: textOf,
}

/** Bytes as they are; a copy. */
export const bytesCodec: BodyCodec<Uint8Array> = {
  contentType: 'application/octet-stream',
  encode: (body, factory) => factory.createBytesMessage(body),
  decode: (message) => message.bodyAs('bytes') ?? Buffer.alloc(0),
}

/** Finds the codec of a message by its content type. */
export class CodecRegistry implements Pick<BodyCodec<unknown>, 'decode'> {
  readonly #codecs = new Map<string, BodyCodec<unknown>>()

  /** With codecs for JSON, text and bytes unless others are given. */
  constructor(codecs: readonly BodyCodec<unknown>[] = [jsonCodec(), textCodec, bytesCodec]) {
    for (const codec of codecs) this.register(codec)
  }

  /** Takes the place of one for the same content type. */
  register(codec: BodyCodec<unknown>): this {
    this.#codecs.set(codec.contentType, codec)
    return this
  }

  /** Throws MessageFormatError for a content type that is not registered. */
  get(contentType: string): BodyCodec<unknown> {
    const codec = this.#codecs.get(normal(contentType))
    if (codec !== undefined) return codec
    throw new MessageFormatError(`no codec for "${contentType}"; there are ${[...this.#codecs.keys()].join(', ')}`)
  }

  /** A message that says its content type. */
  encode(body: unknown, contentType: string, factory: MessageFactory): Message {
    const codec = this.get(contentType)
    return marked(codec.encode(body, factory), codec.contentType)
  }

  /** By content type; a message without one is read as `getBody` has it. */
  decode(message: Message): unknown {
    const type = contentTypeOf(message)
    return type === null ? message.getBody() : this.get(type).decode(message)
  }
}

/** Without parameters, in lower case; null: not said. */
export function contentTypeOf(message: Message): string | null {
  const value = message.getObjectProperty(CONTENT_TYPE)
  return typeof value === 'string' ? normal(value) : null
}

export function marked(message: Message, contentType: string): Message {
  if (message.getObjectProperty(CONTENT_TYPE) === undefined) message.setStringProperty(CONTENT_TYPE, contentType)
  return message
}

/** A text message of JSON, with its content type; to be read with `jsonCodec` or by hand. */
export function createJsonMessage(factory: MessageFactory, value: unknown): TextMessage {
  const message = factory.createTextMessage(stringify(value, undefined))
  marked(message, JSON_TYPE)
  return message
}

function normal(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

function textOf(message: Message): string {
  if (message instanceof TextMessage) return message.text ?? ''
  if (message instanceof BytesMessage) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(message.bytes)
    } catch (error) {
      throw new MessageFormatError('the body is not UTF-8', { cause: error })
    }
  }
  throw new MessageFormatError(`the body of a ${message.constructor.name} is no text`)
}

function parse(text: string, reviver: JsonCodecOptions<unknown>['reviver']): unknown {
  try {
    return JSON.parse(text, reviver)
  } catch (error) {
    throw new MessageFormatError(`the body is not JSON: ${String(error)}`, { cause: error })
  }
}

function stringify(value: unknown, replacer: JsonCodecOptions<unknown>['replacer']): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value, replacer)
  } catch (error) {
    throw new MessageFormatError(`the value cannot be written as JSON: ${String(error)}`, { cause: error })
  }
  if (text === undefined) throw new MessageFormatError(`a ${typeof value} cannot be written as JSON`)
  return text
}
