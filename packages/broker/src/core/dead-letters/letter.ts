import { decodePrimitiveMap, encodePrimitiveMap, MillraceError, type Primitive, PrimitiveTag } from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import { property, setProperties } from '../../message/properties.ts'
import type { Entry } from '../entry.ts'

/** Properties of a letter. The first three are the model's. */
export const LetterProperty = {
  Cause: 'dlqDeliveryFailureCause',
  /** Long: when it would have expired, ms since 1970. */
  Expiration: 'originalExpiration',
  /** `NON_PERSISTENT`, if it was not persistent. */
  DeliveryMode: 'originalDeliveryMode',
  /** Long: when it became a letter, ms since 1970. */
  Time: 'MillraceDeadLetterTime',
  /** Int: deliveries that came to nothing. */
  Deliveries: 'MillraceDeadLetterDeliveries',
} as const

const NON_PERSISTENT = 'NON_PERSISTENT'

/** UTF-16 units of a cause that are kept: it comes from a client, who may say much. */
const CAUSE_LENGTH_MAX = 4096

/**
 * The letter of a message that died: the same id, headers, properties and body; persistent, and with its expiration
 * taken out. Where it was is its `originalDestination`, which selectors see as `JMSDestination`.
 */
export function letterOf(entry: Entry, to: Destination, cause: string | null, nowMs: number, lifeMs: number): Message {
  const { message } = entry
  const letter = message.copyTo(to)
  letter.originalDestination = message.destination
  letter.transactionId = null
  const additions = new Map<string, Primitive>()
  if (message.expiration > 0) additions.set(LetterProperty.Expiration, long(message.expiration))
  letter.expiration = lifeMs > 0 ? nowMs + lifeMs : 0
  if (!message.persistent) {
    letter.persistent = true
    additions.set(LetterProperty.DeliveryMode, { tag: PrimitiveTag.String, value: NON_PERSISTENT })
  }
  if (cause !== null)
    additions.set(LetterProperty.Cause, { tag: PrimitiveTag.String, value: cause.slice(0, CAUSE_LENGTH_MAX) })
  additions.set(LetterProperty.Time, long(nowMs))
  additions.set(LetterProperty.Deliveries, { tag: PrimitiveTag.Int, value: entry.redeliveries })
  setProperties(letter, additions)
  return letter
}

/** What a letter is sent as when it is given another life: as it was, without an expiration, and never delivered. */
export function revivedOf(letter: Message, to: Destination): Message {
  const revived = letter.copyTo(to)
  revived.originalDestination = null
  revived.transactionId = null
  revived.expiration = 0
  revived.persistent = property(letter, LetterProperty.DeliveryMode)?.value !== NON_PERSISTENT
  removeProperties(revived)
  return revived
}

function removeProperties(message: Message): void {
  if (message.properties === null) return
  try {
    const map = decodePrimitiveMap(message.properties)
    if (map === null) return
    for (const name of Object.values(LetterProperty)) map.delete(name)
    message.properties = encodePrimitiveMap(map)
  } catch (error) {
    // Garbled by its sender, so nothing was added either.
    if (!(error instanceof MillraceError)) throw error
  }
}

function long(value: number): Primitive {
  return { tag: PrimitiveTag.Long, value: BigInt(Math.trunc(value)) }
}
