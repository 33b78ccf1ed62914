import { MillraceError } from '@millrace/base'
import type { ConsumerSpec } from '../../core/broker.ts'
import type { Destination } from '../../message/destination.ts'
import { AckMode } from './consumer.ts'
import type { Frame } from './frame.ts'
import type { HeaderName } from './header-names.ts'
import { printable } from './parser.ts'
import { Version } from './version.ts'

/** What clients get that do not say how much they want. The model's numbers. */
const PREFETCH = { queue: 1000, browser: 500, topic: 32_767, durable: 100 } as const

const INT_MAX = 2 ** 31 - 1

/** Selectors of STOMP compare numbers with properties that can only be strings. Model behaviour. */
const CONVERTING = 'convert_string_expressions:'

/** The first of these headers that came, as later releases and other brokers call it. */
const DURABLE_NAMES: readonly HeaderName[] = [
  'activemq.subscriptionName',
  'activemq.subcriptionName',
  'durable-subscription-name',
  'durable-subscriber-name',
]

/**
 * SUBSCRIBE to what the core is asked for. Throws FRAME_INVALID for a value that is none, COMMAND_UNSUPPORTED for a browser
 * of version 1.0.
 */
export function readSubscription(
  frame: Frame,
  destination: Destination,
  consumerId: string,
  version: Version,
): ConsumerSpec {
  const options = optionsOf(frame.text('destination') ?? '')
  const durableName = durableNameOf(frame)
  // What is durable consumes, and has no end.
  const browser = durableName === null && isTrue(frame.text('browser'))
  // Whoever asked to look must not take.
  if (browser && version === Version.V10) throw new MillraceError('COMMAND_UNSUPPORTED', 'version 1.0 has no browsers')
  const selector = frame.text('selector') ?? options.get('selector') ?? ''
  const valueOf = (name: Activemq): string | null => frame.text(`activemq.${name}`) ?? options.get(name) ?? null
  const prefetch = numberOf(valueOf('prefetchSize'), 'prefetchSize', 0, INT_MAX)
  return {
    consumerId,
    destination,
    // Nothing here can pull, so that at least one has to be on its way.
    prefetch: Math.max(1, prefetch ?? usualPrefetch(destination, browser, durableName)),
    selector: selector.trim() === '' ? null : CONVERTING + selector,
    noLocal: isTrue(valueOf('noLocal') ?? frame.text('no-local')),
    browser,
    exclusive: isTrue(valueOf('exclusive')),
    retroactive: isTrue(valueOf('retroactive')),
    settlesAtOnce: !browser && ackModeOf(frame) === AckMode.Auto,
    priority: numberOf(valueOf('priority'), 'priority', -128, 127) ?? 0,
    durableName,
    maximumPendingMessages:
      numberOf(valueOf('maximumPendingMessageLimit'), 'maximumPendingMessageLimit', 0, INT_MAX) ?? 0,
  }
}

/** Headers of SUBSCRIBE that a destination may have as options, too: `/queue/A?consumer.exclusive=true`. */
type Activemq = 'prefetchSize' | 'exclusive' | 'retroactive' | 'noLocal' | 'priority' | 'maximumPendingMessageLimit'

export function durableNameOf(frame: Frame): string | null {
  for (const name of DURABLE_NAMES) {
    const value = frame.text(name)
    if (value !== null && value !== '') return value
  }
  return null
}

/** What is none of them is `auto`. Model behaviour. */
export function ackModeOf(frame: Frame): AckMode {
  switch (frame.text('ack')) {
    case 'client':
      return AckMode.Client
    case 'client-individual':
      return AckMode.Individual
    default:
      return AckMode.Auto
  }
}

function usualPrefetch(destination: Destination, browser: boolean, durableName: string | null): number {
  if (browser) return PREFETCH.browser
  if (destination.queue) return PREFETCH.queue
  return durableName === null ? PREFETCH.topic : PREFETCH.durable
}

function isTrue(text: string | null): boolean {
  return text?.trim().toLowerCase() === 'true'
}

function numberOf(text: string | null, name: string, min: number, max: number): number | null {
  if (text === null) return null
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value
  const shown = printable(text.slice(0, 40))
  throw new MillraceError(
    'FRAME_INVALID',
    `activemq.${name} is "${shown}", expected a whole number from ${min} to ${max}`,
  )
}

/** Behind a `?`, those that begin with `consumer.`, without that. */
function optionsOf(name: string): ReadonlyMap<string, string> {
  const at = name.indexOf('?')
  const options = new Map<string, string>()
  if (at < 0) return options
  const [query = ''] = name.slice(at + 1).split(',')
  for (const [option, value] of new URLSearchParams(query)) {
    if (option.startsWith('consumer.')) options.set(option.slice('consumer.'.length), value)
  }
  return options
}
