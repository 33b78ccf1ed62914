import type { ByteWriter, MillraceError } from '@millrace/base'
import { Buffer } from 'node:buffer'
import type { Output } from '../protocol.ts'
import { piece, writePlain, writeText } from './text-writer.ts'
import { Version, versionTexts } from './version.ts'

const RECEIPT = piece('RECEIPT\nreceipt-id:')
const ERROR = piece('ERROR\ncontent-type:text/plain\n')
const CONNECTED = piece('CONNECTED\n')
/** Behind the head of a frame without body. Old clients wait for the LF. */
const NO_BODY = piece('\n\n\0\n')
const END = piece('\0\n')

/** The half of a conversation that speaks. */
export class Sender {
  readonly #output: Output
  /** What was agreed; 1.0, which escapes nothing, until then. */
  version: Version = Version.V10
  /** Something was said since this was last set to false. */
  said = false
  /** The conversation is over: whatever the broker still says is not said on. */
  #silent = false

  constructor(output: Output) {
    this.#output = output
  }

  get silent(): boolean {
    return this.#silent
  }

  /** Nothing is said from now on. */
  silence(): void {
    this.#silent = true
  }

  /** The peer has not taken what was written. */
  get blocked(): boolean {
    return this.#output.blocked
  }

  /** A frame is written right into this; then `touch`. */
  get writer(): ByteWriter {
    return this.#output.writer
  }

  touch(): void {
    this.said = true
    this.#output.touch()
  }

  heartBeat(): void {
    if (this.#silent) return
    this.writer.byte(0x0a)
    this.touch()
  }

  /** In the version that was agreed, but without escapes: both sides know it only with this frame. */
  connected(headers: readonly (readonly [string, string])[]): void {
    const { writer } = this
    writer.bytes(CONNECTED)
    for (const [name, value] of headers) writer.bytes(Buffer.from(`${name}:${oneLine(value)}\n`))
    writer.bytes(NO_BODY.subarray(1))
    this.touch()
  }

  receipt(id: string): void {
    if (this.#silent) return
    const { writer } = this
    writer.bytes(RECEIPT)
    writeText(writer, id, this.version)
    writer.bytes(NO_BODY)
    this.touch()
  }

  /** `receiptId`: of the frame that failed. `versions`: what could have been agreed on. */
  error(error: MillraceError, receiptId: string | null, versions = false): void {
    if (this.#silent) return
    const { writer, version } = this
    writer.bytes(ERROR)
    if (versions) writePlain(writer, `version:${versionTexts.join(',')}\n`)
    writePlain(writer, `code:${error.code}\nmessage:`)
    writeText(writer, error.message, version)
    if (receiptId !== null) {
      writePlain(writer, '\nreceipt-id:')
      writeText(writer, receiptId, version)
    }
    const body = Buffer.from(error.message.replaceAll('\0', ' '))
    // No content-length, as the model has none: stompit ends the whole process of its user when it comes with text/plain.
    writePlain(writer, '\n\n')
    writer.bytes(body)
    writer.bytes(END)
    this.touch()
  }
}

/** CONNECTED escapes nothing. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ')
}
