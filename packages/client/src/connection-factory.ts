import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  systemTurn,
  type Turn,
} from '@millrace/base'
import { Connection } from './connection.ts'
import { IdGenerator } from './identifiers.ts'
import {
  checkOptions,
  type ConnectionFactoryOptions,
  type JmsOptions,
  jmsOptionsOf,
  type LinkOptions,
  linkOptionsOf,
  type PrefetchPolicy,
  prefetchPolicy,
} from './options.ts'
import { RedeliveryPolicy } from './redelivery-policy.ts'
import { RedeliveryPolicyMap } from './redelivery-policy-map.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { MessageTransformer } from './transformer.ts'
import { type BrokerUrl, parseBrokerUrl } from './uri.ts'
import type { WaitOptions } from './wait.ts'

/** Where a factory without a URL connects. */
export const DEFAULT_BROKER_URL = 'failover://tcp://localhost:61616'

/** Who connects. What is given here beats the factory's options and the URL. */
export interface Credentials {
  userName?: string
  password?: string
  clientID?: string
}

type WithDefaults = Required<
  Omit<
    JmsOptions,
    | 'userName'
    | 'password'
    | 'clientID'
    | 'clientIDPrefix'
    | 'connectionIDPrefix'
    | 'prefetchPolicy'
    | 'redeliveryPolicy'
  >
>

/** What a connection works with, complete: one place where every default stands. */
export interface ConnectionSettings extends WithDefaults {
  readonly userName: string | null
  readonly password: string | null
  readonly clientID: string | null
  readonly clientIDPrefix: string | undefined
  readonly connectionIDPrefix: string | undefined
  readonly prefetchPolicy: PrefetchPolicy
  readonly redeliveryPolicyMap: RedeliveryPolicyMap
  readonly url: BrokerUrl
  readonly link: LinkOptions
  readonly clock: Clock
  readonly turn: Turn
  readonly random: Random
  readonly log: Logger
  readonly ids: IdGenerator
  readonly transformer: MessageTransformer | null
  readonly telemetry: Telemetry | null
  readonly checkSelector: ((text: string) => void) | null
}

const DEFAULTS: WithDefaults = {
  useAsyncSend: false,
  alwaysSyncSend: false,
  sendTimeout: 0,
  requestTimeout: 0,
  connectResponseTimeout: 0,
  closeTimeout: 15_000,
  producerWindowSize: 0,
  copyMessageOnSend: true,
  disableTimeStampsByDefault: false,
  useCompression: false,
  maxInflatedDataSizeRatio: 10,
  nestedMapAndListEnabled: true,
  strictCompliance: false,
  maxSendsInFlight: 4096,
  maxBytesInFlight: 16_777_216,
  maxSendsWaiting: 65_536,
  maxBytesWaiting: 67_108_864,
  throwOnPendingErrors: true,
  dispatchAsync: true,
  optimizeAcknowledge: false,
  optimizeAcknowledgeTimeOut: 300,
  optimizedAckScheduledAckInterval: 0,
  sendAcksAsync: true,
  optimizedMessageDispatch: true,
  useRetroactiveConsumer: false,
  exclusiveConsumer: false,
  messagePrioritySupported: false,
  consumerExpiryCheckEnabled: true,
  nonBlockingRedelivery: false,
  transactedIndividualAck: false,
  warnAboutUnstartedConnectionTimeout: 500,
  checkForDuplicates: true,
  auditDepth: 2048,
  auditMaximumProducerNumber: 64,
  poisonDuplicates: true,
  consumerFailoverRedeliveryWaitPeriod: 0,
  watchTopicAdvisories: true,
}

// All connections of a process share one turn: one end of the event loop's round serves them all.
const sharedTurn = systemTurn()
const sharedIds = new IdGenerator(systemClock, systemRandom)

/**
 * Makes connections to the brokers of one URL (JMS ConnectionFactory). Immutable: `with` makes another one. Options may
 * stand in the URL (`?jms.useAsyncSend=true&wireFormat.maxInactivityDuration=0`) or in the object, which beats the URL;
 * an unknown one throws ConfigurationError with a "did you mean".
 */
export class ConnectionFactory {
  readonly brokerURL: string
  readonly options: Readonly<ConnectionFactoryOptions>
  readonly #settings: ConnectionSettings

  /** Without a URL: `failover://tcp://localhost:61616`. */
  constructor(brokerURL: string | URL = DEFAULT_BROKER_URL, options: ConnectionFactoryOptions = {}) {
    this.brokerURL = String(brokerURL)
    this.options = options
    checkOptions(options)
    this.#settings = settingsOf(this.brokerURL, options)
  }

  /** A factory like this one but for what is given. */
  with(overrides: ConnectionFactoryOptions): ConnectionFactory {
    const { options } = this
    return new ConnectionFactory(this.brokerURL, {
      ...options,
      ...overrides,
      ...merged('wireFormat', options, overrides),
      ...merged('transport', options, overrides),
      ...merged('failover', options, overrides),
      ...merged('tls', options, overrides),
      ...merged('prefetchPolicy', options, overrides),
      ...merged('redeliveryPolicy', options, overrides),
      ...merged('redeliveryPolicyMap', options, overrides),
    })
  }

  /**
   * Resolves when the transport is up and the wire format negotiated; with credentials or a client id, when the broker
   * has accepted them. Rejects with ConnectionFailedError, JMSSecurityError, InvalidClientIDError or AbortError. The
   * connection does not deliver before `start()`.
   */
  async createConnection(options: Credentials & WaitOptions = {}): Promise<Connection> {
    const { userName, password, clientID, ...wait } = options
    const settings = this.#settings
    return Connection.open(
      {
        ...settings,
        userName: userName ?? settings.userName,
        password: password ?? settings.password,
        clientID: clientID ?? settings.clientID,
      },
      wait,
    )
  }
}

function merged<
  Name extends
    | 'wireFormat'
    | 'transport'
    | 'failover'
    | 'tls'
    | 'prefetchPolicy'
    | 'redeliveryPolicy'
    | 'redeliveryPolicyMap',
>(name: Name, options: ConnectionFactoryOptions, overrides: ConnectionFactoryOptions): ConnectionFactoryOptions {
  if (options[name] === undefined || overrides[name] === undefined) return {}
  return { [name]: { ...options[name], ...overrides[name] } }
}

function settingsOf(brokerURL: string, options: ConnectionFactoryOptions): ConnectionSettings {
  const url = parseBrokerUrl(brokerURL)
  const {
    wireFormat = {},
    transport = {},
    failover = {},
    tls = {},
    redeliveryPolicyMap,
    transformer,
    telemetry,
    checkSelector,
    log,
    clock,
    turn,
    random,
    ...jms
  } = options
  const fromUrl = jmsOptionsOf(url)
  const link: LinkOptions = { wireFormat, transport, failover, tls }
  // Checked here, so that a misspelt option stops the factory and not the first connection.
  linkOptionsOf(url, link)
  const own = clock !== undefined || random !== undefined
  const given = { ...fromUrl, ...jms }
  return {
    ...DEFAULTS,
    ...given,
    userName: given.userName ?? null,
    password: given.password ?? null,
    clientID: given.clientID ?? null,
    clientIDPrefix: given.clientIDPrefix,
    connectionIDPrefix: given.connectionIDPrefix,
    prefetchPolicy: prefetchPolicy({ ...fromUrl.prefetchPolicy, ...jms.prefetchPolicy }),
    redeliveryPolicyMap: new RedeliveryPolicyMap(
      new RedeliveryPolicy({ ...fromUrl.redeliveryPolicy, ...jms.redeliveryPolicy }),
      redeliveryPolicyMap,
    ),
    url,
    link,
    clock: clock ?? systemClock,
    turn: turn ?? sharedTurn,
    random: random ?? systemRandom,
    log: log ?? silentLogger,
    ids: own ? new IdGenerator(clock ?? systemClock, random ?? systemRandom) : sharedIds,
    transformer: transformer ?? null,
    telemetry: telemetry ?? null,
    checkSelector: checkSelector ?? null,
  }
}
