import { ByteWriter, encodePrimitiveMap, MillraceError, modifiedUtf8Length, writeModifiedUtf8 } from '@millrace/base'
import type { Broker } from '../core/broker.ts'
import type { Reply } from '../core/ports.ts'
import type { Target } from '../core/target.ts'
import { Message, MessageKind } from '../message/message.ts'
import type { OwnMessage } from './plugin.ts'

const NOBODY: Reply = { done: () => {} }

/** Sends what plugins say in the broker's own name. */
export class OwnMessages {
  readonly #broker: Broker
  readonly #producerId: string
  #sequence = 0

  constructor(broker: Broker) {
    this.#broker = broker
    this.#producerId = `${broker.id}:0:1`
  }

  /** False: it was not sent. */
  send(own: OwnMessage): boolean {
    const message = new Message(own.to, this.#producerId, ++this.#sequence)
    fill(message, own)
    message.timestamp = this.#broker.nowMs()
    message.brokerInTime = message.timestamp
    let target: Target
    try {
      target = this.#broker.destinations.forSend(own.to)
    } catch (error) {
      if (error instanceof MillraceError) return false
      throw error
    }
    if (target.full(message)) return false
    target.send(message, NOBODY)
    return true
  }
}

function fill(message: Message, own: OwnMessage): void {
  const { body } = own
  if (typeof body === 'string') {
    message.kind = MessageKind.Text
    message.body = textBody(body)
  } else if (Buffer.isBuffer(body)) {
    message.kind = MessageKind.Bytes
    message.body = body
  } else if (body !== null) {
    message.kind = MessageKind.Map
    // An empty map is no body.
    message.body = body.size === 0 ? null : encodePrimitiveMap(new Map(body))
  }
  if (own.properties !== undefined) message.properties = encodePrimitiveMap(new Map(own.properties))
  message.correlationId = own.correlationId ?? null
  message.type = own.type ?? null
  message.persistent = own.persistent ?? false
  message.priority = own.priority ?? 4
  message.expiration = own.expiration ?? 0
}

/** length:4, modified UTF-8. */
function textBody(text: string): Buffer {
  const length = modifiedUtf8Length(text)
  const writer = new ByteWriter(4 + length)
  writer.int(length)
  writeModifiedUtf8(writer, text, length)
  return writer.take()
}
