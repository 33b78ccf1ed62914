import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import { ByteReader, ByteWriter, modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from '@millrace/base'
import { inflateContent } from '@millrace/openwire'
import { type Message, MessageKind } from '../../message/message.ts'

const NOTHING = Buffer.alloc(0)

/** The length in front of a stored text. */
const LENGTH_BYTES = 4

/** Bytes that a compressed body may inflate to. */
const INFLATED_BYTES_MAX = 256 * 1024 * 1024

/** Bodies of messages are made in here and taken out. */
const made = new ByteWriter()

/** A text as it is stored: `4 length`, then modified UTF-8. Bytes that are no UTF-8 become U+FFFD. */
export function storedText(utf8: Buffer): Buffer {
  if (isAlike(utf8)) {
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

/** Whether a text is the same bytes in UTF-8 and in Java's: no NUL, and nothing above U+FFFF. */
function isAlike(utf8: Buffer): boolean {
  if (utf8.includes(0)) return false
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
}

const body: WireBody = { bytes: NOTHING, counted: false, contentType: null }

/** The result is valid until the next call. Throws for what cannot be read. */
export function bodyOf(message: Message): WireBody {
  const content = contentOf(message)
  body.contentType = null
  switch (message.kind) {
    case MessageKind.Text:
      body.bytes = content === null ? NOTHING : utf8Of(content)
      body.counted = body.bytes.includes(0)
      return body
    case MessageKind.Bytes:
      body.bytes = content ?? NOTHING
      body.counted = true
      return body
    default:
      body.bytes = NOTHING
      body.counted = false
      return body
  }
}

function contentOf(message: Message): Buffer | null {
  const { body: content, compressed } = message
  if (content === null || !compressed) return content
  return inflateContent(message.kind + 23, content, INFLATED_BYTES_MAX)
}
