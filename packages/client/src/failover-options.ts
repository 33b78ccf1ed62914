/**
 * Options of `failover:(...)`: bare names in the URL behind the parentheses, or `failover` in the options object. Names
 * and defaults are those of the model system; times in ms, sizes in bytes. [docs/failover.md]
 */
export interface FailoverOptions {
  /** Before the first attempt after a link was lost. 10. */
  initialReconnectDelay?: number
  /** Between the first two passes over the list; grows from there. 10. */
  reconnectDelay?: number
  /** The longest delay between two passes. 30000. */
  maxReconnectDelay?: number
  /** Whether the delay grows. true. */
  useExponentialBackOff?: boolean
  /** By which factor it grows; `backOffMultiplier` in the URL means the same. 2. */
  reconnectDelayExponent?: number
  /** Passes over the list before the connection fails; -1: for ever, 0: a lost link is the end. -1. */
  maxReconnectAttempts?: number
  /** The same until the first link is there; -1: as `maxReconnectAttempts`. -1. */
  startupMaxReconnectAttempts?: number
  /** How long a message may wait for a link; then its send rejects. -1: for ever. */
  timeout?: number
  /** Tries the list in random order; what just failed comes last in any case. true. */
  randomize?: boolean
  /** Keeps spare links open. false. */
  backup?: boolean
  /** How many. 1. */
  backupPoolSize?: number
  /** Prefers `priorityURIs`: they are tried first, and it moves back to them when they answer again. false. */
  priorityBackup?: boolean
  /** Comma list; the first URL of the list when absent. */
  priorityURIs?: string
  /** Keeps one-way sends outside transactions, too, and replays those of which the broker has shown no sign. false. */
  trackMessages?: boolean
  /** Bytes that `trackMessages` keeps; the oldest go first. 131072. */
  maxCacheSize?: number
  /** Replays producers that were closed before their transaction ended. true. */
  trackTransactionProducers?: boolean
  /** Takes in the broker list that a broker sends. true. */
  updateURIsSupported?: boolean
  /**
   * A file, or an http or https URL, with a list of brokers, separated by commas or lines. It is read before each pass over
   * the list; what it names is taken in as by `brokers`. Only while there is no link, so there is nothing to rebalance:
   * `rebalanceUpdateURIs` is accepted and changes nothing. None.
   */
  updateURIsURL?: string
  /**
   * Asked for a comma list of brokers before each pass over the list, in place of `updateURIsURL`: read a registry, ask a
   * service. They are added to those of the URL, in place of what was added before, and must have a
   * scheme that the URL has. What it throws is logged.
   */
  brokers?: () => string | Promise<string>
  /** Goes where a broker sends it (`reconnectTo`). true. */
  reconnectSupported?: boolean
  /** Warns at attempt 1 and every so many; 0: never. 10. */
  warnAfterReconnectAttempts?: number
  /** Commands that may wait for a link; further ones throw ResourceAllocationError. 16384. (Not in the model.) */
  maxWaitingCommands?: number
  /** Bytes of messages that may wait for a link. 67108864. (Not in the model.) */
  maxWaitingBytes?: number
}

/** By name in the URL; `ignored` ones are accepted so that existing URLs go on working. */
export const FAILOVER_SCHEMA = {
  initialReconnectDelay: 'number',
  reconnectDelay: 'number',
  maxReconnectDelay: 'number',
  useExponentialBackOff: 'boolean',
  reconnectDelayExponent: 'number',
  backOffMultiplier: 'number',
  maxReconnectAttempts: 'number',
  startupMaxReconnectAttempts: 'number',
  timeout: 'number',
  randomize: 'boolean',
  backup: 'boolean',
  backupPoolSize: 'number',
  priorityBackup: 'boolean',
  priorityURIs: 'string',
  trackMessages: 'boolean',
  maxCacheSize: 'number',
  trackTransactionProducers: 'boolean',
  updateURIsSupported: 'boolean',
  updateURIsURL: 'string',
  rebalanceUpdateURIs: 'ignored',
  reconnectSupported: 'boolean',
  warnAfterReconnectAttempts: 'number',
  maxWaitingCommands: 'number',
  maxWaitingBytes: 'number',
} as const

/** Complete. */
export type FailoverSettings = Required<Omit<FailoverOptions, 'brokers'>> & Pick<FailoverOptions, 'brokers'>

const DEFAULTS: FailoverSettings = {
  initialReconnectDelay: 10,
  reconnectDelay: 10,
  maxReconnectDelay: 30_000,
  useExponentialBackOff: true,
  reconnectDelayExponent: 2,
  maxReconnectAttempts: -1,
  startupMaxReconnectAttempts: -1,
  timeout: -1,
  randomize: true,
  backup: false,
  backupPoolSize: 1,
  priorityBackup: false,
  priorityURIs: '',
  trackMessages: false,
  maxCacheSize: 131_072,
  trackTransactionProducers: true,
  updateURIsSupported: true,
  updateURIsURL: '',
  reconnectSupported: true,
  warnAfterReconnectAttempts: 10,
  maxWaitingCommands: 16_384,
  maxWaitingBytes: 67_108_864,
}

export function failoverSettings(options: FailoverOptions): FailoverSettings {
  return { ...DEFAULTS, ...options }
}
