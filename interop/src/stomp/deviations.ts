/**
 * Where a broker does otherwise than the list says. Nothing is skipped for it: the behaviour runs, and has to fail in the way that is
 * named here, so that a change is noticed.
 */
import type { StompVersion } from './wire.ts'

export interface StompDeviation {
  readonly system: string
  readonly title: string
  /** Only there; else in all. */
  readonly versions?: readonly StompVersion[]
  /** Parts of the names of libraries. */
  readonly libraries?: readonly string[]
  readonly why: string
  readonly instead: string
  /** Name and message of the error by which it fails. */
  readonly seen: RegExp
}

const MODEL = 'ActiveMQ 6'

export const stompDeviations: readonly StompDeviation[] = [
  {
    system: MODEL,
    title: 'a destination of a kind that there is none of is answered with ERROR',
    why: 'Whatever begins with none of the kinds is the name of a queue, slips like `/quue/a` too.',
    instead:
      'The message goes to a queue `/quue/a`. Millrace takes names without a kind for queues as well, unless they begin with `/`.',
    seen: /Missing expected rejection/,
  },
  {
    system: MODEL,
    title: 'a durable subscription gets what was sent while nobody was there, until it is given up',
    versions: ['1.0'],
    why: 'In 1.0 its UNSUBSCRIBE takes the name of the subscription for the client id.',
    instead: 'It finds no such subscription, and what is sent afterwards is kept.',
    seen: /No durable subscription exists|too late/,
  },
  ...[
    'bytes of every value arrive as they were sent',
    'a Java client and a STOMP client read each other, text and bytes',
  ].map((title) => ({
    system: MODEL,
    title,
    libraries: ['stompjs in WebSockets'],
    why: 'Its WebSockets listen to text only; the library sends bytes as a binary message.',
    instead: 'A binary message is not answered.',
    seen: /No receipt/,
  })),
  {
    system: MODEL,
    title: 'a message of a megabyte arrives whole',
    libraries: ['in WebSockets'],
    why: 'Its WebSocket server takes no message of more than 64 kB.',
    instead: 'The connection is closed.',
    seen: /the connection has ended/,
  },
]
