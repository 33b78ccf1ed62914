import { MillraceError } from '@millrace/base'
import type { Broker } from '../core/broker.ts'
import { SHARED_DEAD_LETTER_QUEUE } from '../core/dead-letters/strategy.ts'
import type { Destination } from '../message/destination.ts'
import { readOptions } from './options.ts'
import type { Plugin } from './plugin.ts'

export interface TimeStampsOptions {
  /** The longest time to live in ms; a longer one is cut down to it. 0: any. Default: 0. */
  readonly ttlCeiling?: number
  /** The time to live, in ms, of messages that say none. 0: they live for ever. Default: 0. */
  readonly zeroExpirationOverride?: number
  /** Leaves a message as it is whose expiration would become earlier. Default: false. */
  readonly futureOnly?: boolean
}

/**
 * Puts the broker's clock in place of the senders', whose clocks may be wrong (model behaviour: timeStampingBrokerPlugin): a
 * message was sent when it came, and lives from then as long as its sender said. Messages without a time stamp (0: their
 * producer has it disabled) and those for a dead letter queue stay as they are. Throws CONFIGURATION_INVALID.
 */
export function timeStamps(given: TimeStampsOptions = {}): Plugin {
  const defaults = { ttlCeiling: 0, zeroExpirationOverride: 0, futureOnly: false }
  const { ttlCeiling, zeroExpirationOverride, futureOnly } = readOptions('time-stamps', given, defaults)
  for (const [name, value] of Object.entries({ ttlCeiling, zeroExpirationOverride })) {
    if (Number.isSafeInteger(value) && value >= 0) continue
    throw new MillraceError('CONFIGURATION_INVALID', `${name} of plugin time-stamps is ${value}, expected ms from 0`)
  }
  let broker: Broker | null = null
  const keepsLetters = (destination: Destination): boolean =>
    broker?.redelivery.isDeadLetterQueue(destination) ??
    (destination.queue && destination.name === SHARED_DEAD_LETTER_QUEUE)
  return {
    name: 'time-stamps',
    start: (context) => {
      broker = context.broker
    },
    sending: (_producer, message) => {
      if (!(message.timestamp > 0) || keepsLetters(message.destination)) return
      const { expiration, timestamp, brokerInTime: nowMs } = message
      let timeToLive = expiration > 0 ? expiration - timestamp : zeroExpirationOverride
      if (ttlCeiling > 0 && timeToLive > ttlCeiling) timeToLive = ttlCeiling
      const corrected = nowMs + timeToLive
      if (futureOnly && corrected <= expiration) return
      if (timeToLive > 0) message.expiration = corrected
      message.timestamp = nowMs
    },
  }
}
