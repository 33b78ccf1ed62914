import type { Buffer } from 'node:buffer'
import { Version } from './version.ts'

/*
 *             1.0   1.1   1.2     STOMP 1.1 and 1.2, "Value Encoding"
 *   \n  LF          x     x
 *   \c  :           x     x
 *   \\  \           x     x
 *   \r  CR                x
 *
 * Anything else behind a backslash is an error.
 */

const BACKSLASH = 0x5c

/** Where an escape stands that the version does not know; -1: all are good. */
export function undefinedEscape(bytes: Buffer, start: number, end: number, version: Version): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== BACKSLASH) continue
    switch (at + 1 < end ? bytes[at + 1] : -1) {
      case 0x6e: // n
      case 0x63: // c
      case BACKSLASH:
        break
      case 0x72: // r
        if (version === Version.V12) break
        return at
      default:
        return at
    }
    at++
  }
  return -1
}

/** Escapes that are not known stay as they are. */
export function unescaped(text: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    const meant = meaning(text.charCodeAt(at + 1))
    result += text.slice(from, at) + (meant ?? '\\')
    from = meant === null ? at + 1 : at + 2
  }
  return result + text.slice(from)
}

function meaning(escape: number): string | null {
  switch (escape) {
    case 0x6e:
      return '\n'
    case 0x63:
      return ':'
    case 0x72:
      return '\r'
    case BACKSLASH:
      return '\\'
    default:
      return null
  }
}
