import type { Buffer } from 'node:buffer'
import {
  ByteWriter,
  MillraceError,
  modifiedUtf8Length,
  PrimitiveTag,
  writeModifiedUtf8,
  writePrimitive,
} from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import { Message, MessageKind } from '../../message/message.ts'
import { storedText } from './body.ts'
import type { DestinationNames } from './destination-names.ts'
import { type Frame, LineFlag } from './frame.ts'
import { type HeaderName, SEND_LAST } from './header-names.ts'
import { printable } from './parser.ts'

const PRIORITY_DEFAULT = 4
const PRIORITY_MAX = 9

/** The latest time that a date can be. */
const TIME_MAX = 8.64e15

/** Java writes a string of this many UTF-16 units or more with a length of four bytes. */
const BIG_STRING_MIN = 8191
const NAME_BYTES_MAX = 0xffff

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
  message.correlationId = frame.text('correlation-id') ?? frame.text('JMSCorrelationID')
  message.type = frame.text('type') ?? frame.text('JMSType')
  message.groupId = frame.text('JMSXGroupID')
  if (frame.has('JMSXGroupSeq')) message.groupSequence = wholeNumber(frame, 'JMSXGroupSeq', 2 ** 31 - 1)
  message.persistent = isPersistent(frame)
  message.priority = priorityOf(frame)
  if (frame.has('expires')) message.expiration = wholeNumber(frame, 'expires', TIME_MAX)
  else if (frame.has('JMSExpiration')) message.expiration = wholeNumber(frame, 'JMSExpiration', TIME_MAX)
  if (frame.has('timestamp')) message.timestamp = wholeNumber(frame, 'timestamp', TIME_MAX)
  else message.timestamp = frame.has('JMSTimestamp') ? wholeNumber(frame, 'JMSTimestamp', TIME_MAX) : nowMs
  const replyTo = frame.text('reply-to') ?? frame.text('JMSReplyTo')
  const foreign = replyTo !== null && !replyTo.trimStart().startsWith('/') ? replyTo : null
  if (replyTo !== null && foreign === null) message.replyTo = names.read(replyTo)
  message.properties = readProperties(frame, foreign)
  if (isText(frame)) {
    message.kind = MessageKind.Text
    message.body = storedText(frame.body)
  } else {
    message.kind = MessageKind.Bytes
    message.body = frame.body
  }
  return message
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

/** Unlike in JMS, it is not unless that is said. */
function isPersistent(frame: Frame): boolean {
  const text = frame.text('persistent')
  if (text !== null) return text.trim().toLowerCase() === 'true'
  const mode = frame.text('JMSDeliveryMode')
  return mode !== null && (mode.trim() === '2' || mode.trim().toUpperCase() === 'PERSISTENT')
}

function priorityOf(frame: Frame): number {
  if (frame.has('priority')) return Math.min(wholeNumber(frame, 'priority', 2 ** 31 - 1), PRIORITY_MAX)
  if (!frame.has('JMSPriority')) return PRIORITY_DEFAULT
  return Math.min(wholeNumber(frame, 'JMSPriority', 2 ** 31 - 1), PRIORITY_MAX)
}

/** The value of a header that came. Throws FRAME_INVALID. */
export function wholeNumber(frame: Frame, name: HeaderName, max: number): number {
  const text = (frame.text(name) ?? '').trim()
  const value = Number(text)
  if (text !== '' && Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new MillraceError('FRAME_INVALID', `${name} is "${printable(text.slice(0, 40))}", expected a whole number`)
}

const properties = new ByteWriter()

/** Every header that says nothing else is a property, a string. `replyTo`: one that is no destination here. */
function readProperties(frame: Frame, replyTo: string | null): Buffer | null {
  let count = 0
  for (let i = 0; i < frame.count; i++) if (isProperty(frame, i)) count++
  if (count === 0 && replyTo === null) return null
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
    writeName('reply-to')
    writePrimitive(properties, { tag: PrimitiveTag.String, value: replyTo })
    written++
  }
  properties.intAt(start, written)
  return properties.take()
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
