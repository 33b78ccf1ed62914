import { MillraceError } from '@millrace/base'
import {
  type Composite,
  defaultLimits,
  defaultPolicy,
  type DestinationOptions,
  type Limits,
  type MirroredQueues,
  type VirtualDestinations,
  type VirtualTopic,
} from '../core/broker.ts'
import {
  anything,
  type Check,
  flag,
  likeDefaults,
  list,
  number,
  object,
  objectOr,
  policyAttributes,
  text,
} from './check.ts'

/** What the file of `millrace start --config` can say. Destinations are texts like `queue://ORDERS`. */
export interface Configuration extends DestinationOptions {
  readonly limits?: Partial<Limits>
  /** Bytes, or a part of the partition as `70%`. */
  readonly storeLimit?: number | `${number}%`
  /** The same for messages that need not survive. */
  readonly tempLimit?: number | `${number}%`
  readonly diskCheckMs?: number
  readonly sync?: 'always' | 'periodic' | 'never'
  readonly syncIntervalMs?: number
}

const virtualTopic: Readonly<Record<keyof VirtualTopic, Check>> = {
  name: text,
  prefix: text,
  postfix: text,
  selectorAware: flag,
  rememberSelectors: flag,
  dropOnResourceLimit: flag,
  setOriginalDestination: flag,
  forwardOnly: flag,
  local: flag,
  concurrentSend: flag,
  transactedSend: flag,
}

const composite: Readonly<Record<keyof Composite, Check>> = {
  name: text,
  forwardTo: list(objectOr(object({ destination: text, selector: text }, ['destination', 'selector']), text)),
  forwardOnly: flag,
  sendWhenNotMatched: flag,
  copyMessage: flag,
  concurrentSend: flag,
}

const mirroredQueues: Readonly<Record<keyof MirroredQueues, Check>> = {
  prefix: text,
  postfix: text,
  copyMessage: flag,
  temporaryQueues: flag,
}

const virtualDestinations: Readonly<Record<keyof VirtualDestinations, Check>> = {
  virtualTopics: list(object({ ...virtualTopic }, ['name'])),
  composites: list(object({ ...composite }, ['name', 'forwardTo'])),
  mirroredQueues: objectOr(object({ ...mirroredQueues }), flag),
}

const configuration: Readonly<Record<keyof Configuration, Check>> = {
  policies: list(
    object({ destination: text, policy: object(policyAttributes(defaultPolicy)) }, ['destination', 'policy']),
  ),
  virtualDestinations: object({ ...virtualDestinations }),
  destinations: list(text),
  pathSeparator: text,
  deleteAllMessagesOnStartup: flag,
  schedulePeriodForDestinationPurge: number,
  maxPurgedDestinationsPerSweep: number,
  limits: object(likeDefaults(defaultLimits)),
  storeLimit: anything,
  tempLimit: anything,
  diskCheckMs: number,
  sync: text,
  syncIntervalMs: number,
}

/** Reads the text of a file. Throws CONFIGURATION_INVALID with the place of the first thing that is wrong. */
export function parseConfiguration(source: string): Configuration {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('CONFIGURATION_INVALID', `it is not JSON: ${reason}`, { cause: error })
  }
  object({ ...configuration })(value, '')
  return value as Configuration
}
