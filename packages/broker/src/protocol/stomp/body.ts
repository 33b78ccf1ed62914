import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import {
  ByteReader,
  ByteWriter,
  modifiedUtf8Length,
  PrimitiveTag,
  readModifiedUtf8,
  writeModifiedUtf8,
} from '@millrace/base'
import { DataType, decodeMapBody, decodeStreamBody, inflateContent } from '@millrace/openwire'
import { type Message, MessageKind } from '../../message/message.ts'
import { advisoryText } from './transformation/advisory-text.ts'
import { mapJson } from './transformation/map-json.ts'
import { mapXml } from './transformation/map-xml.ts'
import { plainJson } from './transformation/plain-json.ts'

const NOTHING = Buffer.alloc(0)

/** The length in front of a stored text. */
const LENGTH_BYTES = 4

/** Bodies of messages are made in here and taken out. */
const made = new ByteWriter()

/**
 * A text as it is stored: `4 length`, then modified UTF-8. Bytes that are no UTF-8 become U+FFFD. `counted`: there may be a
 * NUL in it.
 */
export function storedText(utf8: Buffer, counted: boolean): Buffer {
  if (!(counted && utf8.includes(0)) && isAlike(utf8)) {
    made.int(utf8.length)
    made.bytes(utf8)
    return made.take()
  }
  const text = utf8.toString('utf8')
  const length = modifiedUtf8Length(text)
  made.int(length)
  writeModifiedUtf8(made, text, length)
  return made.take()
}

/** Whether a text without a NUL is the same bytes in UTF-8 and in Java's: nothing is above U+FFFF. */
function isAlike(utf8: Buffer): boolean {
  if (isAscii(utf8)) return true
  if (!isUtf8(utf8)) return false
  for (let i = 0; i < utf8.length; i++) if ((utf8[i] as number) >= 0xf0) return false
  return true
}

/** The text of a stored body as UTF-8; mostly a view of it. Throws FRAME_INVALID for what is none. */
export function utf8Of(stored: Buffer): Buffer {
  if (stored.length < LENGTH_BYTES) return NOTHING
  const text = stored.subarray(LENGTH_BYTES)
  // What Java writes otherwise (C0 80, surrogates one by one) is not UTF-8.
  if (isUtf8(text)) return text
  return Buffer.from(readModifiedUtf8(new ByteReader(text), text.length))
}

/** What a MESSAGE frame carries. */
export interface WireBody {
  bytes: Buffer
  /** It needs a content-length: bytes, or a text with a NUL in it. */
  counted: boolean
  contentType: string | null
  /** How a message that is neither text nor bytes was put into words. */
  transformation: string | null
}

const body: WireBody = { bytes: NOTHING, counted: false, contentType: null, transformation: null }

/**
 * What a consumer is given that asked for a transformation, or for none; `bytesMax`: of a compressed body. The result is
 * valid until the next call. Throws FRAME_INVALID and MESSAGE_TOO_LARGE for what cannot be read.
 */
export function bodyOf(message: Message, transformation: string | null, bytesMax: number): WireBody {
  body.bytes = NOTHING
  body.counted = false
  body.contentType = null
  body.transformation = null
  if (message.advisory !== null) {
    const xml = transformation === 'jms-advisory-xml' || transformation === 'jms-xml'
    say(advisoryText(message.advisory, xml), xml, xml ? 'jms-advisory-xml' : 'jms-advisory-json')
    return body
  }
  const content = contentOf(message, bytesMax)
  switch (message.kind) {
    case MessageKind.Text:
      if (content === null) return body
      body.bytes = utf8Of(content)
      body.counted = body.bytes.includes(0)
      return body
    case MessageKind.Bytes:
      body.bytes = content ?? NOTHING
      body.counted = true
      return body
    case MessageKind.Map: {
      const map = decodeMapBody(content)
      if (transformation === 'jms-map-xml' || transformation === 'jms-xml') say(mapXml(map), true, 'jms-map-xml')
      else if (transformation === 'jms-map-json' || transformation === 'jms-json') {
        say(mapJson(map), false, 'jms-map-json')
      } else say(plainJson({ tag: PrimitiveTag.Map, value: map }), false, null)
      return body
    }
    case MessageKind.Stream:
      say(plainJson({ tag: PrimitiveTag.List, value: decodeStreamBody(content) }), false, null)
      return body
    case MessageKind.Object:
      // What is in there only Java can know.
      body.bytes = content ?? NOTHING
      body.counted = true
      body.contentType = 'application/x-java-serialized-object'
      return body
    case MessageKind.Plain:
    case MessageKind.Blob:
      return body
  }
}

function say(text: string | null, xml: boolean, transformation: string | null): void {
  if (text === null) return
  body.bytes = Buffer.from(text)
  body.contentType = xml ? 'application/xml' : 'application/json'
  body.transformation = transformation
}

function contentOf(message: Message, bytesMax: number): Buffer | null {
  const { body: content, compressed } = message
  if (content === null || !compressed) return content
  return inflateContent(DataType.ActiveMQMessage + message.kind, content, bytesMax)
}
