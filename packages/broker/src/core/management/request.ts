import { inflateSync } from 'node:zlib'
import { ByteReader, MillraceError, readModifiedUtf8 } from '@millrace/base'
import { Destination } from '../../message/destination.ts'
import { type Message, MessageKind } from '../../message/message.ts'

/** A request is small; a compressed one may not become more than that. */
const BYTES_MAX = 65_536

/** What an operator asks for: an object of JSON, whose members are looked at once, where they are used. */
export class Request {
  readonly #members: { readonly [name: string]: unknown }

  constructor(members: { readonly [name: string]: unknown }) {
    this.#members = members
  }

  /** Throws MESSAGE_REFUSED for what is no text (or bytes) with an object of JSON. */
  static of(message: Message): Request {
    let value: unknown
    try {
      value = JSON.parse(textOf(message))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new MillraceError('MESSAGE_REFUSED', `a request is an object of JSON: ${why}`, { cause: error })
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MillraceError('MESSAGE_REFUSED', 'a request is an object of JSON')
    }
    return new Request(value as { readonly [name: string]: unknown })
  }

  get operation(): unknown {
    return this.#of('operation')
  }

  /** Throws MESSAGE_REFUSED when it is missing or no text, as all that follow do for what is something else. */
  text(name: string): string {
    const value = this.textOr(name, null)
    if (value === null) throw new MillraceError('MESSAGE_REFUSED', `the request has no ${name}`)
    return value
  }

  textOr<T>(name: string, absent: T): string | T {
    const value = this.#of(name)
    if (value === null) return absent
    if (typeof value === 'string') return value
    throw wrong(name, value, 'a text')
  }

  flag(name: string): boolean {
    const value = this.#of(name)
    if (value === null) return false
    if (typeof value === 'boolean') return value
    throw wrong(name, value, 'true or false')
  }

  /** A whole number from 1 to `max`; absent: `absent`. */
  count(name: string, absent: number, max: number): number {
    const value = this.#of(name)
    if (value === null) return absent
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value
    throw wrong(name, value, `a whole number from 1 to ${max}`)
  }

  /** `queue://ORDERS`, a pattern, or several with commas. Throws DESTINATION_INVALID too. */
  destination(name: string): Destination {
    return Destination.parse(this.text(name))
  }

  #of(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? null) : null
  }
}

function textOf({ kind, body, compressed }: Message): string {
  if (body === null) return ''
  const bytes = compressed ? inflateSync(body.subarray(kind === MessageKind.Bytes ? 4 : 0), LIMIT) : body
  if (bytes.length > BYTES_MAX) throw new MillraceError('MESSAGE_TOO_LARGE', `it has ${bytes.length} bytes`)
  if (kind === MessageKind.Bytes) return bytes.toString('utf8')
  if (kind !== MessageKind.Text) return ''
  const reader = new ByteReader(bytes)
  const length = reader.int()
  return length < 0 ? '' : readModifiedUtf8(reader, length)
}

const LIMIT = { maxOutputLength: BYTES_MAX }

function wrong(name: string, value: unknown, expected: string): MillraceError {
  const shown = (JSON.stringify(value) ?? '').slice(0, 100)
  return new MillraceError('MESSAGE_REFUSED', `${name} is ${shown}, expected ${expected}`)
}
