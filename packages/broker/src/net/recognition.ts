import type { Protocol } from '../protocol/protocol.ts'
import { begins, FOREIGN, type Foreign } from './foreign.ts'

/** What the first bytes of a connection belong to. */
export type Recognised =
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  | { readonly kind: 'tls' }
  | { readonly kind: 'http' }
  | { readonly kind: 'foreign'; readonly foreign: Foreign }
  /** Nothing that we know. */
  | { readonly kind: 'unknown' }

/** More is not needed to tell protocols apart. */
export const DETECTION_BYTES_MAX = 64

/** `CONNECT` is left to STOMP: who wants a proxy is wrong here. */
const METHODS = ['GET ', 'POST ', 'PUT ', 'HEAD ', 'OPTIONS ', 'PATCH ', 'DELETE ', 'TRACE '].map((method) =>
  Buffer.from(method),
)

/** A record of the handshake, of any version from SSL 3. [RFC 8446 §5.1] */
const TLS = Buffer.from([0x16, 0x03])

/** Which of these protocols, or what else, the first bytes belong to. Undefined: not enough yet to say. */
export function recognise(bytes: Buffer, protocols: readonly Protocol[]): Recognised | undefined {
  // However the bytes are cut on their way, the same is found.
  const first = bytes.subarray(0, DETECTION_BYTES_MAX)
  let undecided = begins(first, TLS)
  if (undecided === true) return { kind: 'tls' }
  for (const protocol of protocols) {
    const claim = protocol.claims(first)
    if (claim === true) return { kind: 'protocol', protocol }
    if (claim === undefined) undecided = undefined
  }
  for (const method of METHODS) {
    const claim = begins(first, method)
    if (claim === true) return { kind: 'http' }
    if (claim === undefined) undecided = undefined
  }
  for (const foreign of FOREIGN) {
    const claim = foreign.claims(first)
    if (claim === true) return { kind: 'foreign', foreign }
    if (claim === undefined) undecided = undefined
  }
  return undecided === undefined && bytes.length <= DETECTION_BYTES_MAX ? undefined : { kind: 'unknown' }
}
