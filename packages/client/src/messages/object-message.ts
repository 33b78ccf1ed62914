import { Message } from './message.ts'

/**
 * The bytes of a serialised Java object (JMS ObjectMessage). They are opaque here: nothing is ever deserialised, because
 * what a peer sends must not decide which code runs.
 */
export class ObjectMessage extends Message {
  #bytes: Buffer | null = null

  /** A copy of the serialised object; null when there is none. */
  get bodyBytes(): Buffer | null {
    const bytes = this.bodyChanged ? this.#bytes : this.content()
    return bytes === null ? null : Buffer.from(bytes)
  }

  set bodyBytes(value: Uint8Array | null) {
    this.requireWritableBody()
    this.own()
    this.#bytes = value === null ? null : Buffer.from(value)
    this.bodyChanged = true
  }

  override getBody(): Buffer | null {
    return this.bodyBytes
  }

  protected override encodeBody(): Buffer | null {
    return this.#bytes
  }
}
