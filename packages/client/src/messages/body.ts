import { ByteWriter, MillraceError, modifiedUtf8Length, writeModifiedUtf8 } from '@millrace/base'
import { inflateContent } from '@millrace/openwire'
import { MessageFormatError } from '../errors.ts'

/**
 * The content of a text message: int32 length, modified UTF-8. Most texts are short and ASCII, for which a piece of
 * Node's standing pool is much cheaper than a buffer of its own.
 */
export function encodeText(text: string): Buffer {
  const length = modifiedUtf8Length(text)
  if (length === text.length) {
    const bytes = Buffer.allocUnsafe(4 + length)
    bytes.writeInt32BE(length, 0)
    bytes.write(text, 4, 'latin1')
    return bytes
  }
  const writer = new ByteWriter(4 + length)
  writer.int(length)
  writeModifiedUtf8(writer, text, length)
  return writer.take()
}

/** Throws MessageFormatError for what is no compressed body, or inflates to more than `bytesMax`. */
export function inflate(dataType: number, content: Buffer, bytesMax: number): Buffer {
  try {
    return inflateContent(dataType, content, bytesMax)
  } catch (error) {
    throw new MessageFormatError(`the compressed body cannot be read: ${String(error)}`, { cause: error })
  }
}

/** Decodes what a peer wrote. Throws MessageFormatError for what it cannot have meant, as often as it is asked. */
export function decoded<In, Out>(what: string, decode: (bytes: In) => Out, bytes: In): Out {
  try {
    return decode(bytes)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw new MessageFormatError(`${what} cannot be read: ${error.message}`, { cause: error })
  }
}
