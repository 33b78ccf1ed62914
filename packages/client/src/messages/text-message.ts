import { decodeText } from '@millrace/openwire'
import { decoded, encodeText } from './body.ts'
import { Message } from './message.ts'

/** A body of text, any length (JMS TextMessage). */
export class TextMessage extends Message {
  /** undefined: still encoded in the wire message. */
  #text: string | null | undefined

  /** The body; null when there is none. Setting it on a received message throws MessageNotWriteableError. */
  get text(): string | null {
    if (this.#text === undefined) {
      this.#text = decoded('the body', decodeText, this.content())
    }
    return this.#text
  }

  set text(value: string | null) {
    this.requireWritableBody()
    this.own()
    this.#text = value
    this.bodyChanged = true
  }

  override clearBody(): void {
    super.clearBody()
    this.#text = null
  }

  protected override get hasBody(): boolean {
    return this.text !== null
  }

  override getBody(): string | null {
    return this.text
  }

  protected override encodeBody(): Buffer | null {
    return this.#text === null || this.#text === undefined ? null : encodeText(this.#text)
  }
}
