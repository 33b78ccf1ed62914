import { Message } from './message.ts'

/**
 * The bytes of a serialised Java object (JMS ObjectMessage). They are opaque here: no class is ever instantiated, because
 * what a peer sends must not decide which code runs. `readJavaObject(message)` reads the ones that are only data,
 * `javaClassName(bytes)` says what they are.
 */
export class ObjectMessage extends Message {
  #bytes: Buffer | null = null

  /** A copy of the serialised object; null when there is none. */
  get bodyBytes(): Buffer | null {
    const bytes = this.#content()
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

  #content(): Buffer | null {
    return this.bodyChanged ? this.#bytes : this.content()
  }
}
