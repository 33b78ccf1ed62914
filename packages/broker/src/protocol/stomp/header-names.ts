import { Buffer } from 'node:buffer'

/** Headers that mean something here. */
const NAMES = [
  // Of SEND.
  'destination',
  'content-length',
  'receipt',
  'transaction',
  'correlation-id',
  'reply-to',
  'expires',
  'priority',
  'type',
  'persistent',
  'timestamp',
  'JMSXGroupID',
  'JMSXGroupSeq',
  'amq-msg-type',
  'transformation',
  'message-id',
  'redelivered',
  'subscription',
  'JMSXUserID',
  'JMSPriority',
  'JMSExpiration',
  'JMSType',
  'JMSReplyTo',
  'JMSCorrelationID',
  'JMSTimestamp',
  'JMSDeliveryMode',
  'JMSRedelivered',
  'JMSXDeliveryCount',
  'JMSDestination',
  'JMSMessageID',
  // Of MESSAGE besides.
  'ack',
  'browser',
  'original-destination',
  'transformation-error',
  'content-type',
  // Of SUBSCRIBE and UNSUBSCRIBE.
  'id',
  'selector',
  'activemq.prefetchSize',
  'activemq.subscriptionName',
  'activemq.subcriptionName',
  'activemq.exclusive',
  'activemq.retroactive',
  'activemq.noLocal',
  'activemq.priority',
  'activemq.maximumPendingMessageLimit',
  'no-local',
  'durable-subscription-name',
  'durable-subscriber-name',
  // Of CONNECT.
  'accept-version',
  'host',
  'login',
  'passcode',
  'client-id',
  'heart-beat',
  'request-id',
] as const

export type HeaderName = (typeof NAMES)[number]

/** The number of each, by its name. */
export const Header: Readonly<Record<HeaderName, number>> = Object.fromEntries(
  NAMES.map((name, index) => [name, index]),
) as Record<HeaderName, number>

export const HEADER_COUNT: number = NAMES.length

/** A header of SEND up to this number says something of the message; any other is one of its properties. */
export const SEND_LAST: number = Header.JMSMessageID

/** A property with the name of a header up to this number is not shown: it would be taken for that header. */
export const MESSAGE_LAST: number = Header['original-destination']

interface Known {
  readonly bytes: Buffer
  readonly id: number
}

/** By the length of the name. */
const byLength: Known[][] = []
for (const [id, name] of NAMES.entries()) {
  while (byLength.length <= name.length) byLength.push([])
  byLength[name.length]?.push({ bytes: Buffer.from(name, 'latin1'), id })
}

/** The number of the name between two places; -1: it is none that we know. */
export function headerAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  const candidates = length < byLength.length ? (byLength[length] as Known[]) : null
  if (candidates === null) return -1
  for (let i = 0; i < candidates.length; i++) {
    const { bytes: name, id } = candidates[i] as Known
    let at = 0
    while (at < length && bytes[start + at] === name[at]) at++
    if (at === length) return id
  }
  return -1
}
