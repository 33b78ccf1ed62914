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
]
