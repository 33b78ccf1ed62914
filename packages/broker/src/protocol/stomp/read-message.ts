import { Buffer } from 'node:buffer'
import {
  ByteWriter,
  MillraceError,
  modifiedUtf8Length,
  type PrimitiveMap,
  PrimitiveTag,
  writeModifiedUtf8,
  writePrimitive,
} from '@millrace/base'
import { encodeMapBody } from '@millrace/openwire'
import type { Destination } from '../../message/destination.ts'
import { Message, MessageKind } from '../../message/message.ts'
import { storedText } from './body.ts'
import type { DestinationNames } from './destination-names.ts'
import { type Frame, LineFlag } from './frame.ts'
import { Header, SEND_LAST } from './header-names.ts'
import { printable } from './parser.ts'
import { mapOfJson } from './transformation/map-json.ts'
import { mapOfXml } from './transformation/map-xml.ts'
import { plainMap } from './transformation/plain-json.ts'

const PRIORITY_MAX = 9
const INT_MAX = 2 ** 31 - 1

/** Values of JMSDeliveryMode. */
const PERSISTENT: readonly string[] = ['2', 'PERSISTENT']

/** The latest time that a date can be. */
const TIME_MAX = 8.64e15

/** Java writes a string of this many UTF-16 units or more with a length of four bytes. */
const BIG_STRING_MIN = 8191
const NAME_BYTES_MAX = 0xffff
const TRUE = Buffer.from('true')

/** Bytes of a body that is taken apart. */
const TRANSFORMED_BYTES_MAX = 16 * 1024 * 1024

/** So many properties are compared with each other, one by one, to find those that came twice. */
const COMPARED_MAX = 24

/**
 * Frame to message. Properties and body are views, of the chunk or of a standing buffer; the core copies them when it
 * keeps the message. Throws DESTINATION_INVALID, FRAME_INVALID: the answer to this frame, no more.
 */
export function readMessage(
  frame: Frame,
  to: Destination,
  producerId: string,
  sequence: number,
  names: DestinationNames,
  nowMs: number,
): Message {
  const message = new Message(to, producerId, sequence)
  message.timestamp = nowMs
  let replyTo: string | null = null
  for (let i = 0; i < frame.count; i++) {
    const id = frame.idAt(i)
    if (id < 0 || id > SEND_LAST || !frame.isFirst(i)) continue
    switch (id) {
      case Header['correlation-id']:
      case Header.JMSCorrelationID:
        message.correlationId = frame.valueAt(i)
        break
      case Header.type:
      case Header.JMSType:
        message.type = frame.valueAt(i)
        break
      case Header.persistent:
        // Unlike in JMS, it is not unless that is said.
        message.persistent = frame.isAt(i, TRUE) || frame.valueAt(i).trim().toLowerCase() === 'true'
        break
      case Header.JMSDeliveryMode:
        message.persistent = PERSISTENT.includes(frame.valueAt(i).trim().toUpperCase())
        break
      case Header.priority:
      case Header.JMSPriority:
        message.priority = Math.min(numberAt(frame, i, 0, INT_MAX), PRIORITY_MAX)
        break
      case Header.expires:
      case Header.JMSExpiration:
        message.expiration = numberAt(frame, i, 0, TIME_MAX)
        break
      case Header.timestamp:
      case Header.JMSTimestamp:
        message.timestamp = numberAt(frame, i, 0, TIME_MAX)
        break
      case Header['reply-to']:
      case Header.JMSReplyTo:
        replyTo = frame.valueAt(i)
        break
      case Header.JMSXGroupID:
        message.groupId = frame.valueAt(i)
        break
      case Header.JMSXGroupSeq:
        // -1 ends the group.
        message.groupSequence = numberAt(frame, i, -1, INT_MAX)
        break
      default:
      // Of the frame, not of the message; or only for the broker to say.
    }
  }
  if (replyTo !== null) message.replyTo = names.readReplyTo(replyTo)
  const foreign = message.replyTo === null ? replyTo : null
  const transformation = frame.has('content-length') ? null : frame.text('transformation')
  const failure = transformation === null ? null : transform(message, frame, transformation)
  if (transformation === null || failure !== null) readBody(message, frame)
  message.properties = readProperties(frame, foreign, failure)
  return message
}

function readBody(message: Message, frame: Frame): void {
  if (isText(frame)) {
    message.kind = MessageKind.Text
    message.body = storedText(frame.body, frame.has('content-length'))
  } else {
    message.kind = MessageKind.Bytes
    message.body = frame.body
  }
}

/** Null: it was done; else why not. Then the message comes as if nothing had been asked. Model behaviour. */
function transform(message: Message, frame: Frame, transformation: string): string | null {
  if (transformation === 'jms-byte') {
    readBody(message, frame)
    return null
  }
  if (frame.body.length > TRANSFORMED_BYTES_MAX) return `more than ${TRANSFORMED_BYTES_MAX} bytes are not transformed`
  try {
    const map = readMap(transformation, frame.body.toString('utf8'))
    if (map === null) return `there is no transformation ${printable(transformation)} here`
    message.kind = MessageKind.Map
    message.body = encodeMapBody(map)
    return null
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return error.message
    throw error
  }
}

function readMap(transformation: string, text: string): PrimitiveMap | null {
  switch (transformation) {
    case 'jms-map-json':
      return mapOfJson(text)
    case 'jms-map-xml':
      return mapOfXml(text)
    case 'json':
      return plainMap(text)
    default:
      return null
  }
}

/** A message without a length is a text; `amq-msg-type` says it otherwise. */
function isText(frame: Frame): boolean {
  const type = frame.text('amq-msg-type')
  if (type === null) return !frame.has('content-length')
  switch (type.toLowerCase()) {
    case 'text':
      return true
    case 'bytes':
      return false
    default:
      throw new MillraceError('FRAME_INVALID', `amq-msg-type is "${printable(type)}", expected text or bytes`)
  }
}

/** Throws FRAME_INVALID. */
function numberAt(frame: Frame, index: number, min: number, max: number): number {
  const text = frame.valueAt(index).trim()
  const value = Number(text)
  if (text !== '' && Number.isInteger(value) && value >= min && value <= max) return value
  const name = printable(frame.nameAt(index))
  throw new MillraceError('FRAME_INVALID', `${name} is "${printable(text.slice(0, 40))}", expected a whole number`)
}

const properties = new ByteWriter()

/**
 * Every header that says nothing else is a property, a string. `replyTo`: one that is no destination here. `failure`: why
 * the body was not transformed.
 */
function readProperties(frame: Frame, replyTo: string | null, failure: string | null): Buffer | null {
  let count = 0
  for (let i = 0; i < frame.count; i++) if (isProperty(frame, i)) count++
  if (count === 0 && replyTo === null && failure === null) return null
  const seen = count > COMPARED_MAX ? new Set<string>() : null
  const start = properties.length
  properties.int(0)
  let written = 0
  for (let i = 0; i < frame.count; i++) {
    if (!isProperty(frame, i) || isRepeated(frame, i, seen)) continue
    writeProperty(frame, i)
    written++
  }
  if (replyTo !== null) {
    writeOwn('reply-to', replyTo)
    written++
  }
  if (failure !== null) {
    writeOwn('transformation-error', failure)
    written++
  }
  properties.intAt(start, written)
  return properties.take()
}

function writeOwn(name: string, value: string): void {
  writeName(name)
  writePrimitive(properties, { tag: PrimitiveTag.String, value })
}

function isProperty(frame: Frame, index: number): boolean {
  const id = frame.idAt(index)
  return id < 0 || id > SEND_LAST
}

/** STOMP 1.2, "Repeated Header Entries": the first counts. */
function isRepeated(frame: Frame, index: number, seen: Set<string> | null): boolean {
  if (seen !== null) {
    const name = frame.nameAt(index)
    if (seen.has(name)) return true
    seen.add(name)
    return false
  }
  const { bytes } = frame
  const start = frame.nameStart(index)
  const length = frame.nameEnd(index) - start
  for (let i = 0; i < index; i++) {
    const other = frame.nameStart(i)
    if (frame.nameEnd(i) - other !== length) continue
    let at = 0
    while (at < length && bytes[start + at] === bytes[other + at]) at++
    if (at === length) return true
  }
  return false
}

function writeProperty(frame: Frame, index: number): void {
  const flags = frame.flagsAt(index)
  if (flags !== 0 && ((flags & LineFlag.BeyondAscii) !== 0 || frame.escaped)) {
    writeName(frame.nameAt(index))
    writePrimitive(properties, { tag: PrimitiveTag.String, value: frame.valueAt(index) })
    return
  }
  const { bytes } = frame
  const nameStart = frame.nameStart(index)
  const nameEnd = frame.nameEnd(index)
  const valueStart = frame.valueStart(index)
  const valueEnd = frame.valueEnd(index)
  checkName(nameEnd - nameStart)
  properties.short(nameEnd - nameStart)
  copy(bytes, nameStart, nameEnd)
  const length = valueEnd - valueStart
  if (length < BIG_STRING_MIN) {
    properties.byte(PrimitiveTag.String)
    properties.short(length)
  } else {
    properties.byte(PrimitiveTag.BigString)
    properties.int(length)
  }
  copy(bytes, valueStart, valueEnd)
}

function copy(bytes: Buffer, start: number, end: number): void {
  let at = properties.reserve(end - start)
  const to = properties.buffer
  for (let from = start; from < end; from++) to[at++] = bytes[from] as number
}

function writeName(name: string): void {
  const length = modifiedUtf8Length(name)
  checkName(length)
  properties.short(length)
  writeModifiedUtf8(properties, name, length)
}

function checkName(length: number): void {
  if (length <= NAME_BYTES_MAX) return
  properties.take()
  throw new MillraceError('FRAME_INVALID', `a header name of ${length} bytes, at most ${NAME_BYTES_MAX} are allowed`)
}
