import { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Interceptor } from './interceptor.ts'
import type { Producer } from './producer.ts'
import { DEAD_LETTER_QUEUE } from './redelivery.ts'

export interface TimestampPluginOptions {
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
 * producer has it disabled) and those for the dead letter queue stay as they are. Throws CONFIGURATION_INVALID.
 */
export function timestampPlugin(options: TimestampPluginOptions = {}): Interceptor {
  const { ttlCeiling = 0, zeroExpirationOverride = 0, futureOnly = false } = options
  for (const [name, value] of Object.entries({ ttlCeiling, zeroExpirationOverride })) {
    if (Number.isSafeInteger(value) && value >= 0) continue
    throw new MillraceError('CONFIGURATION_INVALID', `${name} is ${value}, expected ms from 0`)
  }
  return {
    sending(_producer: Producer, message: Message): void {
      if (!(message.timestamp > 0) || message.destination.text === DEAD_LETTER_QUEUE.text) return
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
