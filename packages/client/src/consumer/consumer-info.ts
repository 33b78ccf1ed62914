import { ConsumerInfo } from '@millrace/openwire'
import { AcknowledgeMode } from './acknowledgement.ts'
import type { ConnectionSettings } from '../connection-factory.ts'
import type { Destination } from '../destination.ts'
import { ConfigurationError } from '../errors.ts'
import { unknownOption } from '../options.ts'
import type { Session } from '../session.ts'
import type { WaitOptions } from '../wait.ts'

/** What a consumer asks of the broker, beside its destination; it beats what stands in the destination's name. */
export interface ConsumerOptions extends WaitOptions {
  /** Only messages that match (JMS 3.1 §3.8). The broker checks it, and the factory's `checkSelector` before. */
  selector?: string
  /** Not the messages that this connection sends. */
  noLocal?: boolean
  /** Messages the broker may send ahead. 0: one by one, each asked for. */
  prefetchSize?: number
  /** Consumers of higher priority are served first. 0. */
  priority?: number
  /** The only consumer that is served, as long as it lives. */
  exclusive?: boolean
  /** Topics: also messages from before, if the broker keeps some. */
  retroactive?: boolean
  /** Topics: the broker drops for this consumer beyond so many. */
  maximumPendingMessageLimit?: number
  /**
   * Bytes the broker should send ahead at most, beside the limit in messages: the prefetch is kept as small as the sizes
   * of late ask for. What is on its way when large messages follow small ones may pass it. No limit when absent.
   */
  prefetchBytes?: number
  /** INDIVIDUAL mode: listener calls that may be under way at once; of each JMSXGroupID one. 1. */
  concurrency?: number
}

/** What a consumer asks of the broker: the connection's defaults, then the options in the name, then those of the call. */
export function consumerInfo(
  session: Session,
  destination: Destination,
  options: ConsumerOptions,
  durableName: string | null,
): ConsumerInfo {
  const { connection } = session
  const { settings } = connection
  const { prefetchPolicy } = settings
  const topic = destination.kind === 'topic' || destination.kind === 'temp-topic'
  const optimized = connection.optimizedDispatch && session.acknowledgeMode === AcknowledgeMode.AUTO
  const info = new ConsumerInfo()
  info.consumerId = session.nextConsumerId()
  info.destination = destination.wire
  info.clientId = connection.clientID ?? null
  info.subscriptionName = durableName
  info.dispatchAsync = settings.dispatchAsync
  info.exclusive = settings.exclusiveConsumer
  info.retroactive = settings.useRetroactiveConsumer
  if (durableName !== null) {
    info.prefetchSize = optimized ? prefetchPolicy.optimizeDurableTopicPrefetch : prefetchPolicy.durableTopicPrefetch
  } else if (topic) {
    info.prefetchSize = prefetchPolicy.topicPrefetch
    info.maximumPendingMessageLimit = prefetchPolicy.maximumPendingMessageLimit
  } else info.prefetchSize = prefetchPolicy.queuePrefetch
  for (const [name, value] of destination.options) applyOption(info, name, value)
  info.noLocal = options.noLocal ?? info.noLocal
  info.prefetchSize = options.prefetchSize ?? info.prefetchSize
  info.priority = options.priority ?? info.priority
  info.exclusive = options.exclusive ?? info.exclusive
  info.retroactive = options.retroactive ?? info.retroactive
  info.maximumPendingMessageLimit = options.maximumPendingMessageLimit ?? info.maximumPendingMessageLimit
  info.selector = selectorOf(options.selector ?? info.selector, settings)
  // In a fail-over batches would be lost, so a fault-tolerant broker switches them off.
  info.optimizedAcknowledge =
    settings.optimizeAcknowledge && session.acknowledgeMode === AcknowledgeMode.AUTO && !connection.faultTolerant
  return info
}

/** null: everything is wanted, which a blank text says, too. Throws what the check that the factory was given throws. */
export function selectorOf(text: string | null, settings: ConnectionSettings): string | null {
  if (text === null || /^[ \t\n\r\f]*$/.test(text)) return null
  settings.checkSelector?.(text)
  return text
}

const CONSUMER_NUMBERS = ['prefetchSize', 'maximumPendingMessageLimit', 'priority'] as const
const CONSUMER_FLAGS = [
  'noLocal',
  'dispatchAsync',
  'retroactive',
  'exclusive',
  'noRangeAcks',
  'networkSubscription',
] as const
const CONSUMER_TEXTS = ['selector', 'clientId', 'subscriptionName'] as const

/** `consumer.*` options of a destination's name. Unknown ones throw ConfigurationError; other options are ignored. */
export function applyOption(info: ConsumerInfo, fullName: string, value: string | null): void {
  if (!fullName.startsWith('consumer.')) return
  const name = fullName.slice('consumer.'.length)
  const number = CONSUMER_NUMBERS.find((one) => one === name)
  const flag = CONSUMER_FLAGS.find((one) => one === name)
  const text = CONSUMER_TEXTS.find((one) => one === name)
  if (number !== undefined) {
    const parsed = Number(value ?? '')
    if (value === null || value === '' || !Number.isInteger(parsed)) {
      throw new ConfigurationError(`option "${fullName}" wants a number, got "${value ?? ''}"`)
    }
    info[number] = parsed
  } else if (flag !== undefined) info[flag] = value === 'true'
  else if (text !== undefined) info[text] = value
  // What this client decides by itself.
  else if (name !== 'browser' && name !== 'optimizedAcknowledge') {
    const known = [...CONSUMER_NUMBERS, ...CONSUMER_FLAGS, ...CONSUMER_TEXTS]
    throw unknownOption(
      fullName,
      known.map((one) => `consumer.${one}`),
    )
  }
}
