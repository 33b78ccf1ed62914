import { Buffer } from 'node:buffer'

/** Headers that mean something here, each with a number. */
export const Header = {
  // Of SEND.
  destination: 0,
  'content-length': 1,
  receipt: 2,
  transaction: 3,
  'correlation-id': 4,
  'reply-to': 5,
  expires: 6,
  priority: 7,
  type: 8,
  persistent: 9,
  timestamp: 10,
  JMSXGroupID: 11,
  JMSXGroupSeq: 12,
  'amq-msg-type': 13,
  transformation: 14,
  'message-id': 15,
  redelivered: 16,
  subscription: 17,
  JMSXUserID: 18,
  JMSPriority: 19,
  JMSExpiration: 20,
  JMSType: 21,
  JMSReplyTo: 22,
  JMSCorrelationID: 23,
  JMSTimestamp: 24,
  JMSDeliveryMode: 25,
  JMSRedelivered: 26,
  JMSXDeliveryCount: 27,
  JMSDestination: 28,
  JMSMessageID: 29,
  // Of MESSAGE besides.
  ack: 30,
  browser: 31,
  'original-destination': 32,
  'transformation-error': 33,
  'content-type': 34,
  // Of SUBSCRIBE and UNSUBSCRIBE.
  id: 35,
  selector: 36,
  'activemq.prefetchSize': 37,
  'activemq.subscriptionName': 38,
  'activemq.subcriptionName': 39,
  'activemq.exclusive': 40,
  'activemq.retroactive': 41,
  'activemq.noLocal': 42,
  'activemq.priority': 43,
  'activemq.maximumPendingMessageLimit': 44,
  'no-local': 45,
  'durable-subscription-name': 46,
  'durable-subscriber-name': 47,
  // Of CONNECT.
  'accept-version': 48,
  host: 49,
  login: 50,
  passcode: 51,
  'client-id': 52,
  'heart-beat': 53,
  'request-id': 54,
} as const

export type HeaderName = keyof typeof Header

const NAMES = Object.keys(Header) as HeaderName[]

export const HEADER_COUNT: number = NAMES.length

/** A header of SEND up to this number says something of the message; any other is one of its properties. */
export const SEND_LAST: number = Header.JMSMessageID

/** Headers of MESSAGE, by number: a property of that name would be taken for them. */
export const isOfMessage: readonly boolean[] = NAMES.map((name) =>
  [
    'destination',
    'content-length',
    'message-id',
    'subscription',
    'ack',
    'redelivered',
    'correlation-id',
    'reply-to',
    'expires',
    'priority',
    'type',
    'persistent',
    'timestamp',
    'browser',
    'original-destination',
    'JMSXGroupID',
    'JMSXGroupSeq',
    'JMSXUserID',
  ].includes(name),
)

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
