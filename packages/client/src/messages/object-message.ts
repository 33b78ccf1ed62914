import { javaClassName, type ObjectStreamLimits, readJavaObject } from '../java/object-stream.ts'
import type { JavaValue } from '../java/values.ts'
import { Message } from './message.ts'

/**
 * The bytes of a serialised Java object (JMS ObjectMessage). They are opaque here: no class is ever instantiated, because
 * what a peer sends must not decide which code runs. `readObject` reads the ones that are only data.
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

  /** The Java class of the object, as far as the first bytes tell; null without a body. */
  get className(): string | null {
    const bytes = this.#content()
    return bytes === null ? null : javaClassName(bytes)
  }

  /**
   * The object as a plain value, when it is made of strings, numbers, dates, lists, maps and arrays; see
   * `readJavaObject`. null without a body. Throws MessageFormatError for any other class, and beyond the limits.
   */
  readObject(limits: ObjectStreamLimits = {}): JavaValue {
    const bytes = this.#content()
    return bytes === null ? null : readJavaObject(bytes, limits)
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
