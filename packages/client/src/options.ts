import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Clock, Logger, Random, Turn } from '@millrace/base'
import { ConfigurationError } from './errors.ts'
import { FAILOVER_SCHEMA, type FailoverOptions } from './failover-options.ts'
import type { RedeliveryPolicyOptions } from './redelivery-policy.ts'
import type { RedeliveryPolicies } from './redelivery-policy-map.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { MessageTransformer } from './transformer.ts'
import type { CreateSocket } from './transport/own-socket.ts'
import type { WebSocketConstructor } from './transport/web-socket.ts'
import { type BrokerUrl, redact } from './uri.ts'

/** How many messages the broker may send ahead, per kind of consumer (`jms.prefetchPolicy.*`). 0: pull one by one. */
export interface PrefetchPolicyOptions {
  /** Queues and temporary queues. 1000. */
  queuePrefetch?: number
  /** Browsers. 500. */
  queueBrowserPrefetch?: number
  /** Non-durable topic consumers. 32767. */
  topicPrefetch?: number
  /** Durable subscribers, unless the next line applies. 100. */
  durableTopicPrefetch?: number
  /** Durable subscribers of an AUTO_ACKNOWLEDGE session while `optimizedMessageDispatch` holds. 1000. */
  optimizeDurableTopicPrefetch?: number
  /** Asks the broker to drop for slow non-durable topic consumers beyond this many. 0: the broker's own. */
  maximumPendingMessageLimit?: number
  /** Sets the five prefetch values at once. */
  all?: number
}

/** `jms.*` options: the same names in the URL (`?jms.useAsyncSend=true`) and here. Times in ms, sizes in bytes. */
export interface JmsOptions {
  // Sending (see `MessageProducer.send`).
  /** Persistent sends outside a transaction become one-way. false. */
  useAsyncSend?: boolean
  /** Every send waits for the broker's reply. false. */
  alwaysSyncSend?: boolean
  /** Above 0: every send without `onComplete` asks for a reply and waits at most this long. 0. */
  sendTimeout?: number
  /** Limit for every other exchange, and for confirmed sends without `sendTimeout`. 0: none. */
  requestTimeout?: number
  /** Limit for the reply that opens the connection. 0: none. */
  connectResponseTimeout?: number
  /** Limit for the broker's good-bye when closing, and for a roll-back done while closing. 15000. */
  closeTimeout?: number
  /** One-way sends of a producer stop when this many bytes are on their way. 0: no window. */
  producerWindowSize?: number
  /** false: the caller's message itself becomes read-only. true. */
  copyMessageOnSend?: boolean
  /** Producers start with `disableMessageTimestamp`. false. */
  disableTimeStampsByDefault?: boolean
  /** Deflate bodies. false. */
  useCompression?: boolean
  /** Received bodies may inflate to this many times the largest frame. 10. */
  maxInflatedDataSizeRatio?: number
  /** Maps and lists as property and map values. true. */
  nestedMapAndListEnabled?: boolean
  /** Refuses char, Map and List properties, as JMS has it. false. */
  strictCompliance?: boolean
  /** Confirmed sends that may be on their way at once on one connection; further ones wait here, in order. 4096. */
  maxSendsInFlight?: number
  /** Bytes of confirmed sends that may be on their way at once. 16777216. */
  maxBytesInFlight?: number
  /**
   * Sends of one connection that may wait here: for room in flight, the producer window, or the socket. One more rejects
   * with ResourceAllocationError. 65536.
   */
  maxSendsWaiting?: number
  /** Bytes of such sends. 67108864. */
  maxBytesWaiting?: number
  /** Whether `close()` rejects with an AggregateError when one-way sends failed that nobody had heard of. true. */
  throwOnPendingErrors?: boolean

  // Receiving.
  /** Sent in ConsumerInfo. true. */
  dispatchAsync?: boolean
  /** Batches the acknowledgements of AUTO_ACKNOWLEDGE. false. */
  optimizeAcknowledge?: boolean
  /** Longest time between two batches, looked at when a message is consumed. 300. */
  optimizeAcknowledgeTimeOut?: number
  /** Above 0: a timer sends what is owed. 0. */
  optimizedAckScheduledAckInterval?: number
  /** false: acknowledgements outside transactions wait for the broker's reply. true. */
  sendAcksAsync?: boolean
  /** Larger prefetch for durable subscribers. true. */
  optimizedMessageDispatch?: boolean
  /** Default of `consumer.retroactive`. false. */
  useRetroactiveConsumer?: boolean
  /** Default of `consumer.exclusive`. false. */
  exclusiveConsumer?: boolean
  /** Buffered messages are ordered by priority; acknowledges one by one in transactions. false. */
  messagePrioritySupported?: boolean
  /** Expired messages are dropped here instead of delivered. true. */
  consumerExpiryCheckEnabled?: boolean
  /** Other messages may pass one that waits for its redelivery. false. */
  nonBlockingRedelivery?: boolean
  /** In a transaction acknowledge each message when it is delivered. false. */
  transactedIndividualAck?: boolean
  /** Warns when messages arrive on a connection that was not started for this long. -1: never. 500. */
  warnAboutUnstartedConnectionTimeout?: number
  /** Duplicate audit; only of use on fail-over links. true. */
  checkForDuplicates?: boolean
  /** Sequence ids remembered per producer by the audit. 2048. */
  auditDepth?: number
  /** Producers remembered by the audit. 64. */
  auditMaximumProducerNumber?: number
  /**
   * On fail-over links: a message that has been acknowledged and comes all the same goes to the dead letter queue, as in
   * the model system; false: it is just acknowledged again. true.
   */
  poisonDuplicates?: boolean
  /** How long a commit waits for redeliveries after a fail-over. 0. */
  consumerFailoverRedeliveryWaitPeriod?: number

  // Who we are.
  userName?: string
  password?: string
  /** Identity of durable subscriptions; one connection at a time. Generated when absent. */
  clientID?: string
  /** Instead of `ID:<host>` in generated client ids. */
  clientIDPrefix?: string
  /** Instead of `ID:<host>` in generated connection ids. */
  connectionIDPrefix?: string
  /** Listens for temporary destinations, so that sending to a deleted one fails here. true. */
  watchTopicAdvisories?: boolean

  prefetchPolicy?: PrefetchPolicyOptions
  redeliveryPolicy?: RedeliveryPolicyOptions
}

/** `wireFormat.*` options: what this side offers; both sides then use the lesser. */
export interface WireFormatOfferOptions {
  /** OpenWire version. 12. */
  version?: number
  /** Bytes of the largest frame, sent or received. 104857600. */
  maxFrameSize?: number
  maxFrameSizeEnabled?: boolean
  stackTraceEnabled?: boolean
  /** Ids and destinations are sent once and then by number. true; Millrace itself does not offer it. */
  cacheEnabled?: boolean
  cacheSize?: number
  tcpNoDelayEnabled?: boolean
  /** true; Millrace itself does not offer it. */
  tightEncodingEnabled?: boolean
  sizePrefixDisabled?: boolean
  /** Silence after which the link is given up, ms. 30000; 0 on either side switches it off. */
  maxInactivityDuration?: number
  /** First check after this many ms, and the limit for the negotiation. 10000. (Spelt as on the wire.) */
  maxInactivityDurationInitalDelay?: number
  /** Virtual host; by default the host of the URL. */
  host?: string
}

/** Options of the transport itself, bare names in the URL. */
export interface TransportOptions {
  /** Limit for the TCP connect, ms. 30000; 0 none. */
  connectionTimeout?: number
  /** A write that does not go out for this long ends the link, ms. 0: off. */
  soWriteTimeout?: number
  /** TCP keep-alive. */
  keepAlive?: boolean
  /** Overrides what the wire format negotiated. */
  tcpNoDelay?: boolean
  /** Bytes that may wait for the socket before one-way sends wait too. 262144. */
  ioBufferSize?: number
  /** Refuses peers that speak an older OpenWire. 1. */
  minimumWireFormatVersion?: number
  /** Logs every command at debug level. false. */
  trace?: boolean
  useInactivityMonitor?: boolean
  /** Sends KeepAliveInfo when idle. true. */
  useKeepAlive?: boolean
  /** Checks the host name in the broker's certificate. true. */
  verifyHostName?: boolean
  /** `vm:` create the broker when there is none of that name. true. */
  create?: boolean
  /** `vm:` wait this long for a broker of that name, ms. -1: do not wait. */
  waitForStart?: number
  /** `tcp:`, `ssl:` makes the connection: through a proxy or a tunnel, say. Only here. */
  createSocket?: CreateSocket
  /** `ws:`, `wss:` the class to make WebSockets of, such as that of the package `ws`. The platform's. Only here. */
  webSocket?: WebSocketConstructor
}

/** Everything that can be set, beside the URL. What stands here beats the URL. */
export interface ConnectionFactoryOptions extends JmsOptions {
  /** Redelivery by destination; `redeliveryPolicy` is for all others. Only here, as in the model: a URL has no place for it. */
  redeliveryPolicyMap?: RedeliveryPolicies
  wireFormat?: WireFormatOfferOptions
  transport?: TransportOptions
  /** For `failover:` URLs. */
  failover?: FailoverOptions
  /** Passed to `node:tls` for `ssl:` URLs: `ca`, `cert`, `key`, `pfx`, `passphrase`, `servername`, ... */
  tls?: TlsOptions
  /** Looks at every message that is sent or received. */
  transformer?: MessageTransformer
  /** Looks at sends and deliveries, and carries traces along: see `openTelemetry`. */
  telemetry?: Telemetry
  /**
   * Called with the selector of a consumer or browser before anything is sent: hand in the function `checkSelector`. Without
   * it only the broker checks.
   */
  checkSelector?: (text: string) => void
  log?: Logger
  /** For tests and simulations. */
  clock?: Clock
  turn?: Turn
  random?: Random
}

type ValueKind = 'boolean' | 'number' | 'string' | 'ignored'
type Schema = Readonly<Record<string, ValueKind>>

const JMS: Schema = {
  useAsyncSend: 'boolean',
  alwaysSyncSend: 'boolean',
  sendTimeout: 'number',
  requestTimeout: 'number',
  connectResponseTimeout: 'number',
  closeTimeout: 'number',
  producerWindowSize: 'number',
  copyMessageOnSend: 'boolean',
  disableTimeStampsByDefault: 'boolean',
  useCompression: 'boolean',
  maxInflatedDataSizeRatio: 'number',
  nestedMapAndListEnabled: 'boolean',
  strictCompliance: 'boolean',
  maxSendsInFlight: 'number',
  maxBytesInFlight: 'number',
  maxSendsWaiting: 'number',
  maxBytesWaiting: 'number',
  throwOnPendingErrors: 'boolean',
  dispatchAsync: 'boolean',
  optimizeAcknowledge: 'boolean',
  optimizeAcknowledgeTimeOut: 'number',
  optimizedAckScheduledAckInterval: 'number',
  sendAcksAsync: 'boolean',
  optimizedMessageDispatch: 'boolean',
  useRetroactiveConsumer: 'boolean',
  exclusiveConsumer: 'boolean',
  messagePrioritySupported: 'boolean',
  consumerExpiryCheckEnabled: 'boolean',
  nonBlockingRedelivery: 'boolean',
  transactedIndividualAck: 'boolean',
  warnAboutUnstartedConnectionTimeout: 'number',
  checkForDuplicates: 'boolean',
  auditDepth: 'number',
  auditMaximumProducerNumber: 'number',
  poisonDuplicates: 'boolean',
  consumerFailoverRedeliveryWaitPeriod: 'number',
  userName: 'string',
  password: 'string',
  clientID: 'string',
  clientIDPrefix: 'string',
  connectionIDPrefix: 'string',
  watchTopicAdvisories: 'boolean',
  // Without meaning in an event loop, or for Java objects: accepted, so that existing URLs go on working.
  alwaysSessionAsync: 'ignored',
  objectMessageSerializationDefered: 'ignored',
  trustAllPackages: 'ignored',
  statsEnabled: 'ignored',
  rmIdFromConnectionId: 'ignored',
  xaAckMode: 'ignored',
  maxThreadPoolSize: 'ignored',
  useDedicatedTaskRunner: 'ignored',
  useVirtualThreadTaskRunner: 'ignored',
}

const PREFETCH: Schema = {
  queuePrefetch: 'number',
  queueBrowserPrefetch: 'number',
  topicPrefetch: 'number',
  durableTopicPrefetch: 'number',
  optimizeDurableTopicPrefetch: 'number',
  maximumPendingMessageLimit: 'number',
  all: 'number',
}

const REDELIVERY: Schema = {
  maximumRedeliveries: 'number',
  initialRedeliveryDelay: 'number',
  redeliveryDelay: 'number',
  useExponentialBackOff: 'boolean',
  backOffMultiplier: 'number',
  maximumRedeliveryDelay: 'number',
  useCollisionAvoidance: 'boolean',
  collisionAvoidancePercent: 'number',
  preDispatchCheck: 'boolean',
}

const WIRE_FORMAT: Schema = {
  version: 'number',
  maxFrameSize: 'number',
  maxFrameSizeEnabled: 'boolean',
  stackTraceEnabled: 'boolean',
  cacheEnabled: 'boolean',
  cacheSize: 'number',
  tcpNoDelayEnabled: 'boolean',
  tightEncodingEnabled: 'boolean',
  sizePrefixDisabled: 'boolean',
  maxInactivityDuration: 'number',
  maxInactivityDurationInitalDelay: 'number',
  host: 'string',
  providerName: 'ignored',
  providerVersion: 'ignored',
  platformDetails: 'ignored',
  includePlatformDetails: 'ignored',
}

const TRANSPORT: Schema = {
  connectionTimeout: 'number',
  soWriteTimeout: 'number',
  keepAlive: 'boolean',
  tcpNoDelay: 'boolean',
  ioBufferSize: 'number',
  minimumWireFormatVersion: 'number',
  minmumWireFormatVersion: 'number', // the model system's spelling
  trace: 'boolean',
  useInactivityMonitor: 'boolean',
  useKeepAlive: 'boolean',
  wireFormat: 'ignored',
  soTimeout: 'ignored',
  soLinger: 'ignored',
  socketBufferSize: 'ignored',
  closeAsync: 'ignored',
  useLocalHost: 'ignored',
  connectAttemptTimeout: 'ignored',
  logWriterName: 'ignored',
  dynamicManagement: 'ignored',
  startLogging: 'ignored',
  jmxPort: 'ignored',
  diffServ: 'ignored',
  typeOfService: 'ignored',
  threadName: 'ignored',
  daemon: 'ignored',
  stackSize: 'ignored',
}

const SSL: Schema = { ...TRANSPORT, verifyHostName: 'boolean' }

const VM: Schema = {
  ...TRANSPORT,
  create: 'boolean',
  brokerConfig: 'ignored',
  waitForStart: 'number',
  marshal: 'ignored',
  async: 'ignored',
  asyncQueueDepth: 'ignored',
}

const TRANSPORTS: Readonly<Record<string, Schema>> = {
  tcp: TRANSPORT,
  ssl: SSL,
  unix: TRANSPORT,
  ws: TRANSPORT,
  wss: TRANSPORT,
  vm: VM,
  failover: FAILOVER_SCHEMA,
  discovery: FAILOVER_SCHEMA,
  static: FAILOVER_SCHEMA,
  fanout: { ...FAILOVER_SCHEMA, minAckCount: 'number', fanOutQueues: 'boolean' },
}

/** Names of the model system's ports for the same thing. */
const JMS_PREFIXES = ['jms.', 'connection.', 'nms.', 'cms.'] as const

type Values = Record<string, boolean | number | string>

/** Takes one name and value and puts it where it belongs. Throws ConfigurationError with a "did you mean". */
function assign(into: Values, schema: Schema, name: string, value: string | null, where: string): void {
  const known = Object.hasOwn(schema, name) ? name : sameButForCase(schema, name)
  if (known === undefined)
    throw unknownOption(
      `${where}${name}`,
      Object.keys(schema).map((one) => `${where}${one}`),
    )
  const kind = schema[known]
  if (kind === 'ignored' || kind === undefined) return
  into[known] = convert(kind, value, `${where}${known}`)
}

function sameButForCase(schema: Schema, name: string): string | undefined {
  return Object.keys(schema).find((known) => known.toLowerCase() === name.toLowerCase())
}

function convert(kind: 'boolean' | 'number' | 'string', text: string | null, name: string): boolean | number | string {
  switch (kind) {
    case 'boolean':
      // An option without a value reads as false, as in the model system.
      return text !== null && text.trim().toLowerCase() === 'true'
    case 'number': {
      const value = Number(text ?? '')
      if (text === null || text.trim() === '' || !Number.isFinite(value)) {
        throw new ConfigurationError(`option "${name}" wants a number, got ${text === null ? 'nothing' : `"${text}"`}`)
      }
      return value
    }
    case 'string':
      return text ?? ''
    default:
      return kind satisfies never
  }
}

/** One error for every kind of unknown option. */
export function unknownOption(name: string, known: readonly string[]): ConfigurationError {
  const nearest = closest(name, known)
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  return new ConfigurationError(`unknown option "${redact(name)}"${hint}`)
}

function closest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(3, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** What a URL's `jms.*` options say. */
export function jmsOptionsOf(url: BrokerUrl): JmsOptions {
  const options: Values = {}
  const prefetchPolicy: Values = {}
  const redeliveryPolicy: Values = {}
  for (const [fullName, value] of url.query) {
    const prefix = JMS_PREFIXES.find((one) => fullName.startsWith(one))
    if (prefix === undefined) continue
    const name = fullName.slice(prefix.length)
    if (/^prefetchPolicy\./i.test(name)) assign(prefetchPolicy, PREFETCH, name.slice(15), value, 'jms.prefetchPolicy.')
    else if (/^redeliveryPolicy\./i.test(name)) {
      assign(redeliveryPolicy, REDELIVERY, name.slice(17), value, 'jms.redeliveryPolicy.')
    } else if (/^blobTransferPolicy\./i.test(name)) continue
    else assign(options, JMS, name, value, 'jms.')
  }
  const found = options as JmsOptions
  if (Object.keys(prefetchPolicy).length > 0) found.prefetchPolicy = prefetchPolicy as PrefetchPolicyOptions
  if (Object.keys(redeliveryPolicy).length > 0) found.redeliveryPolicy = redeliveryPolicy as RedeliveryPolicyOptions
  return found
}

export interface LinkOptions {
  readonly wireFormat: WireFormatOfferOptions
  readonly transport: TransportOptions
  readonly failover: FailoverOptions
  readonly tls: TlsOptions
}

const SOCKET_TLS: Readonly<Record<string, string>> = { enabledCipherSuites: 'ciphers' }

/**
 * What a URL's other options say: `wireFormat.*`, `socket.*` and the transport's own. `given` beats the URL. For a
 * composite only its own names are checked; its components are asked one by one, with the outer `nested.*` options.
 */
export function linkOptionsOf(url: BrokerUrl, given: LinkOptions): LinkOptions {
  const schema = TRANSPORTS[url.scheme]
  if (schema === undefined) {
    const known = Object.keys(TRANSPORTS).map((scheme) => `${scheme}:`)
    throw new ConfigurationError(`no transport for "${url.scheme}:"; there are ${known.join(', ')}`)
  }
  const wireFormat: Values = {}
  const transport: Values = {}
  const tls: Values = {}
  for (const [name, value] of url.query) {
    if (JMS_PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    if (url.components !== null && /^(nested|discovered)\./.test(name)) continue
    if (url.components !== null && /^(wireFormat|socket)\./.test(name)) {
      throw new ConfigurationError(`unknown option "${redact(name)}"; did you mean "nested.${redact(name)}"?`)
    }
    if (name.startsWith('wireFormat.')) assign(wireFormat, WIRE_FORMAT, name.slice(11), value, 'wireFormat.')
    else if (name.startsWith('broker.') && url.scheme === 'vm') continue
    else if (name.startsWith('socket.')) {
      const socketName = name.slice(7)
      if (socketName === 'verifyHostName') assign(transport, schema, socketName, value, '')
      else if (Object.hasOwn(SOCKET_TLS, socketName)) {
        tls[SOCKET_TLS[socketName] as string] = (value ?? '').replaceAll(',', ':')
      } else assign(transport, schema, socketName, value, '')
    } else assign(transport, schema, name, value, '')
  }
  if (transport['minmumWireFormatVersion'] !== undefined) {
    transport['minimumWireFormatVersion'] ??= transport['minmumWireFormatVersion']
    delete transport['minmumWireFormatVersion']
  }
  if (transport['backOffMultiplier'] !== undefined) {
    transport['reconnectDelayExponent'] ??= transport['backOffMultiplier']
    delete transport['backOffMultiplier']
  }
  const own = { ...(transport as TransportOptions & FailoverOptions) }
  return {
    wireFormat: { ...(wireFormat as WireFormatOfferOptions), ...given.wireFormat },
    transport: url.components === null ? { ...own, ...given.transport } : given.transport,
    failover: url.components === null ? given.failover : { ...own, ...given.failover },
    tls: { ...(tls as TlsOptions), ...given.tls },
  }
}

const OBJECT_OPTIONS = [
  ...Object.keys(JMS),
  'prefetchPolicy',
  'redeliveryPolicy',
  'redeliveryPolicyMap',
  'wireFormat',
  'transport',
  'failover',
  'tls',
  'transformer',
  'telemetry',
  'checkSelector',
  'log',
  'clock',
  'turn',
  'random',
]

/** Typed options are checked too: JavaScript programs have no compiler to do it. */
export function checkOptions(options: ConnectionFactoryOptions): void {
  checkNames(options, OBJECT_OPTIONS, '')
  checkNames(options.prefetchPolicy, Object.keys(PREFETCH), 'prefetchPolicy.')
  checkNames(options.redeliveryPolicy, Object.keys(REDELIVERY), 'redeliveryPolicy.')
  for (const [pattern, policy] of Object.entries(options.redeliveryPolicyMap ?? {})) {
    checkNames(policy, Object.keys(REDELIVERY), `redeliveryPolicyMap["${pattern}"].`)
    checkKinds(policy, REDELIVERY, `redeliveryPolicyMap["${pattern}"].`)
  }
  checkNames(options.wireFormat, Object.keys(WIRE_FORMAT), 'wireFormat.')
  checkNames(options.transport, [...Object.keys({ ...SSL, ...VM }), 'createSocket', 'webSocket'], 'transport.')
  checkNames(options.failover, [...Object.keys(FAILOVER_SCHEMA), 'brokers'], 'failover.')
  checkKinds(options, JMS, '')
  checkKinds(options.failover ?? {}, FAILOVER_SCHEMA, 'failover.')
}

function checkKinds(options: object, schema: Schema, where: string): void {
  const values = options as Readonly<Record<string, unknown>>
  for (const [name, kind] of Object.entries(schema)) {
    const value = values[name]
    if (value === undefined || kind === 'ignored') continue
    if (typeof value !== kind) {
      throw new ConfigurationError(`option "${where}${name}" wants a ${kind}, got ${typeof value}`)
    }
  }
}

function checkNames(options: object | undefined, known: readonly string[], where: string): void {
  if (options === undefined) return
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw unknownOption(
        `${where}${name}`,
        known.map((one) => `${where}${one}`),
      )
  }
}

/** Prefetch of one connection, complete. */
export interface PrefetchPolicy {
  readonly queuePrefetch: number
  readonly queueBrowserPrefetch: number
  readonly topicPrefetch: number
  readonly durableTopicPrefetch: number
  readonly optimizeDurableTopicPrefetch: number
  readonly maximumPendingMessageLimit: number
}

/** The broker keeps the prefetch of a consumer in 15 bits. */
const PREFETCH_MAX = 32_767

export function prefetchPolicy(options: PrefetchPolicyOptions = {}): PrefetchPolicy {
  const value = (own: number | undefined, fallback: number): number => {
    return Math.min(PREFETCH_MAX, Math.max(0, own ?? options.all ?? fallback))
  }
  return {
    queuePrefetch: value(options.queuePrefetch, 1000),
    queueBrowserPrefetch: value(options.queueBrowserPrefetch, 500),
    topicPrefetch: value(options.topicPrefetch, PREFETCH_MAX),
    durableTopicPrefetch: value(options.durableTopicPrefetch, 100),
    optimizeDurableTopicPrefetch: value(options.optimizeDurableTopicPrefetch, 1000),
    maximumPendingMessageLimit: options.maximumPendingMessageLimit ?? 0,
  }
}
