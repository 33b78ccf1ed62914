import { Buffer } from 'node:buffer'
import { ByteWriter } from '@millrace/base'
import type { Entry } from '../../core/broker.ts'
import type { Message } from '../../message/message.ts'
import { bodyOf } from './body.ts'
import { AckMode, type StompConsumer } from './consumer.ts'
import type { DestinationNames } from './destination-names.ts'
import { writeProperties } from './property-headers.ts'
import type { StompSettings } from './settings.ts'
import { piece, writeNumber, writeText } from './text-writer.ts'
import { Version } from './version.ts'

const MESSAGE = piece('MESSAGE\n')
const SUBSCRIPTION = piece('MESSAGE\nsubscription:')
const DESTINATION = piece('destination:')
const ACK = piece('ack:')
const REDELIVERED = piece('redelivered:true\n')
const MESSAGE_ID = piece('\nmessage-id:')
/** What most messages have. */
const USUAL = piece('\nexpires:0\npriority:4\ntimestamp:')
const EXPIRES = piece('\nexpires:')
const PRIORITY = piece('\npriority:')
const TIMESTAMP = piece('\ntimestamp:')
const PERSISTENT = piece('\npersistent:true')
const CORRELATION_ID = piece('\ncorrelation-id:')
const REPLY_TO = piece('\nreply-to:')
const TYPE = piece('\ntype:')
const GROUP_ID = piece('\nJMSXGroupID:')
const GROUP_SEQUENCE = piece('\nJMSXGroupSeq:')
const USER_ID = piece('\nJMSXUserID:')
const ORIGINAL_DESTINATION = piece('\noriginal-destination:')
const TRANSFORMATION = piece('\ntransformation:')
const CONTENT_TYPE = piece('\ncontent-type:')
const CONTENT_LENGTH = piece('\ncontent-length:')

/** Above all variants of other protocols. */
const SHARED = 100

const LF = 0x0a
const DASH = 0x2d
const BODY = piece('\n\n')
const END = piece('\0\n')
const BROWSER_END = piece('\nmessage-id:0\nbrowser:end\n\n\0\n')

/** What frames to one peer have in common. */
export interface Writing {
  readonly version: Version
  readonly names: DestinationNames
  readonly settings: StompSettings
  /** The `message-id` of a producer's messages, up to their number. */
  producerHeader(producerId: string): Buffer
}

/** `message-id:` with the id of a producer, and the colon behind it. */
export function messageIdOf(producerId: string, version: Version): Buffer {
  const writer = new ByteWriter(128)
  writer.bytes(MESSAGE_ID)
  writeText(writer, `${producerId}:`, version)
  return writer.take()
}

/** What every frame of a consumer begins with. */
export function headOf(id: string | null, version: Version): Buffer {
  if (id === null) return MESSAGE
  const writer = new ByteWriter(128)
  writer.bytes(SUBSCRIPTION)
  writeText(writer, id, version)
  writer.byte(LF)
  return writer.take()
}

/** What an acknowledgement of version 1.2 says: the number of the consumer, and the key of the message. */
export function ackId(consumer: StompConsumer, key: number): string {
  return `${consumer.spec.number}-${key}`
}

/**
 *     MESSAGE
 *     subscription:…  ack:…  redelivered:true       differ from consumer to consumer
 *     destination:… and everything else             the same for all consumers of a message
 *
 * Throws what cannot be said; what was written until then has to be cut off.
 */
export function writeMessage(writer: ByteWriter, consumer: StompConsumer, entry: Entry, writing: Writing): void {
  writer.bytes(consumer.head)
  if (writing.version === Version.V12 && consumer.spec.mode !== AckMode.Auto) {
    writer.bytes(ACK)
    writeNumber(writer, consumer.spec.number)
    writer.byte(DASH)
    writeNumber(writer, entry.key)
    writer.byte(LF)
  }
  if (entry.redeliveries > 0) writer.bytes(REDELIVERED)
  const { message } = entry
  if (!message.shared || entry.queue !== null || consumer.spec.transformation !== null) {
    writeTail(writer, consumer, message, writing)
    return
  }
  // Written for one consumer of a topic and copied for the others, as long as they are told the same.
  const variant = SHARED + 2 * writing.version + (writing.settings.contentLengthAlways ? 1 : 0)
  if (message.encoded?.variant === variant) {
    writer.bytes(message.encoded.bytes)
    return
  }
  const start = writer.length
  writeTail(writer, consumer, message, writing)
  if (isPrivate(message)) return
  message.encoded = { variant, bytes: Buffer.from(writer.view().subarray(start)) }
}

/** Temporary destinations are called differently by those who made them. */
function isPrivate(message: Message): boolean {
  const { destination, replyTo, originalDestination } = message
  return [destination, replyTo, originalDestination].some((one) => one?.text.includes('temp-') === true)
}

function writeTail(writer: ByteWriter, consumer: StompConsumer, message: Message, writing: Writing): void {
  const { version, names } = writing
  if (message.destination !== consumer.from) {
    consumer.from = message.destination
    consumer.fromHeader = destinationHeader(names.write(message.destination), version)
  }
  writer.bytes(consumer.fromHeader)
  if (message.textId !== null) {
    writer.bytes(MESSAGE_ID)
    writeText(writer, message.textId, version)
  } else {
    writer.bytes(writing.producerHeader(message.producerId))
    writeNumber(writer, message.producerSequence)
  }
  if (message.expiration === 0 && message.priority === 4) writer.bytes(USUAL)
  else {
    writer.bytes(EXPIRES)
    writeNumber(writer, message.expiration)
    writer.bytes(PRIORITY)
    writeNumber(writer, message.priority)
    writer.bytes(TIMESTAMP)
  }
  writeNumber(writer, message.timestamp)
  if (message.persistent) writer.bytes(PERSISTENT)
  writeOptional(writer, CORRELATION_ID, message.correlationId, version)
  if (message.replyTo !== null) writeOptional(writer, REPLY_TO, names.write(message.replyTo), version)
  writeOptional(writer, TYPE, message.type, version)
  if (message.groupId !== null) {
    writeOptional(writer, GROUP_ID, message.groupId, version)
    writer.bytes(GROUP_SEQUENCE)
    writeNumber(writer, message.groupSequence)
  }
  writeOptional(writer, USER_ID, message.userId, version)
  if (message.originalDestination !== null) {
    writeOptional(writer, ORIGINAL_DESTINATION, names.write(message.originalDestination), version)
  }
  const body = bodyOf(message, consumer.spec.transformation, writing.settings.maxDataLength)
  if (body.transformation !== null) writeOptional(writer, TRANSFORMATION, body.transformation, version)
  if (body.contentType !== null) writeOptional(writer, CONTENT_TYPE, body.contentType, version)
  if (body.counted || writing.settings.contentLengthAlways) {
    writer.bytes(CONTENT_LENGTH)
    writeNumber(writer, body.bytes.length)
  }
  if (message.properties !== null) writeProperties(writer, message, body.contentType !== null, version)
  writer.bytes(BODY)
  writer.bytes(body.bytes)
  writer.bytes(END)
}

/** What follows the last message of a browse. */
export function writeBrowserEnd(writer: ByteWriter, consumer: StompConsumer, { version, names }: Writing): void {
  writer.bytes(consumer.head)
  writer.bytes(destinationHeader(names.write(consumer.spec.destination), version))
  writer.bytes(BROWSER_END)
}

function destinationHeader(name: string, version: Version): Buffer {
  const writer = new ByteWriter(128)
  writer.bytes(DESTINATION)
  writeText(writer, name, version)
  return writer.take()
}

function writeOptional(writer: ByteWriter, name: Buffer, value: string | null, version: Version): void {
  if (value === null) return
  writer.bytes(name)
  writeText(writer, value, version)
}
