import type { Selector } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import { hashOf, Header, headerOf } from './header-index.ts'

/** What a selector demands of one header: that it is one of some texts. */
export interface Probe {
  readonly header: Header
  readonly texts: ReadonlySet<string>
  /** Of these texts. */
  readonly hashes: readonly number[]
}

/** Names in the order in which they probably leave the fewest messages. */
const HEADERS: readonly (readonly [string, Header])[] = [
  ['JMSCorrelationID', Header.CorrelationId],
  ['JMSXGroupID', Header.GroupId],
  ['JMSType', Header.Type],
]

/** More alternatives than this are looked for one message after the other. */
const ALTERNATIVES_MAX = 64

/** Null: it demands nothing that an index knows. */
export function probeOf(selector: Selector | null): Probe | null {
  if (selector === null) return null
  for (const [name, header] of HEADERS) {
    const texts = selector.demands.get(name)
    if (texts !== undefined && texts.size <= ALTERNATIVES_MAX) {
      return { header, texts, hashes: [...texts].map(hashOf) }
    }
  }
  return null
}

/** Sorts out nearly all that does not match, without looking at the rest of the selector. */
export function mayMatch(probe: Probe, message: Message): boolean {
  const value = headerOf(message, probe.header)
  return value !== null && probe.texts.has(value)
}
