/** The client of this project, in this process. */
import { decodePrimitiveMap, type Primitive, type PrimitiveMap, PrimitiveTag } from '@millrace/base'
import {
  AcknowledgeMode,
  BytesMessage,
  byte,
  char,
  ConnectionFactory,
  type Connection,
  createXASession,
  DeliveryMode,
  double,
  float,
  InvalidDestinationError,
  int,
  JMSError,
  long,
  MapMessage,
  type Message,
  type MessageConsumer,
  type MessageInput,
  type MessageProducer,
  ObjectMessage,
  parseDestination,
  Queue,
  type Session,
  short,
  StreamMessage,
  type TemporaryQueue,
  type TemporaryTopic,
  TextMessage,
  Topic,
  XA,
  XAError,
  type XASession,
  type Xid,
} from '@millrace/client'
import { decodeMapBody, decodeStreamBody } from '@millrace/openwire'
import type { Incoming, Outgoing, Value } from './exchange.ts'
import {
  type ConsumerOptions,
  type Mode,
  type Party,
  type PartyConnection,
  type PartyConsumer,
  PartyError,
  type PartyMessage,
  type PartyProducer,
  type PartySession,
  type PartyXASession,
} from './party.ts'
import { Exceptions } from './remote.ts'

const PATIENCE_MS = 20_000

const modes: Readonly<Record<Mode, AcknowledgeMode>> = {
  auto: AcknowledgeMode.AUTO,
  client: AcknowledgeMode.CLIENT,
  'dups-ok': AcknowledgeMode.DUPS_OK,
  individual: AcknowledgeMode.INDIVIDUAL,
  transacted: AcknowledgeMode.SESSION_TRANSACTED,
}

export function nativeParty(): Party {
  return {
    name: 'TypeScript client',
    connect: (url, { clientId, userName, password } = {}) =>
      translated(async () => {
        const opened = await new ConnectionFactory(url).createConnection({
          ...(clientId === undefined ? {} : { clientID: clientId }),
          ...(userName === undefined ? {} : { userName }),
          ...(password === undefined ? {} : { password }),
        })
        const exceptions = new Exceptions()
        opened.on('exception', (error) => exceptions.add(translate(error)))
        return connection(opened, exceptions)
      }),
    close: async () => {},
  }
}

function connection(of: Connection, exceptions: Exceptions): PartyConnection {
  return {
    exceptions: exceptions.all,
    exception: () => exceptions.next(),
    start: () => translated(() => of.start()),
    close: () => translated(() => of.close()),
    xaSession: () => translated(async () => xaSession(await createXASession(of))),
    destroy: (name) => translated(() => of.deleteDestination(parseDestination(name))),
    session: (mode = 'auto') =>
      translated(async () => session(await of.createSession({ acknowledgeMode: modes[mode] }))),
  }
}

function session(of: Session): PartySession {
  const temporaries = new Map<string, TemporaryQueue | TemporaryTopic>()
  const temporary = (made: TemporaryQueue | TemporaryTopic): string => {
    temporaries.set(String(made), made)
    return String(made)
  }
  return {
    producer: (name) =>
      translated(async () => producer(of, await of.createProducer(name === undefined ? null : parseDestination(name)))),
    consumer: (name, options = {}) => translated(async () => consumer(await consumerOf(of, name, options))),
    browse: (name, selector) =>
      translated(async () => {
        const queue = parseDestination(name)
        if (!(queue instanceof Queue)) throw new Error(`${name} is no queue`)
        const found: Incoming[] = []
        for await (const message of of.createBrowser(queue, selector)) found.push(describe(message))
        return found
      }),
    temporaryQueue: () => translated(async () => temporary(await of.createTemporaryQueue())),
    temporaryTopic: () => translated(async () => temporary(await of.createTemporaryTopic())),
    deleteTemporary: (name) => translated(async () => temporaries.get(name)?.delete()),
    unsubscribe: (name) => translated(() => of.unsubscribe(name)),
    commit: () => translated(() => of.commit()),
    rollback: () => translated(() => of.rollback()),
    recover: () => translated(() => of.recover()),
    close: () => translated(() => of.close()),
  }
}

function xaSession({ session: own, resource }: XASession): PartyXASession {
  return {
    ...session(own),
    start: (branch) => translated(() => resource.start(xidOf(branch))),
    end: (branch) => translated(() => resource.end(xidOf(branch))),
    prepare: (branch) => translated(async () => void (await resource.prepare(xidOf(branch)))),
    commitBranch: (branch, onePhase) => translated(() => resource.commit(xidOf(branch), onePhase)),
    rollbackBranch: (branch) => translated(() => resource.rollback(xidOf(branch))),
    recoverBranches: () =>
      translated(async () => {
        const found = await resource.recover(XA.TMSTARTRSCAN | XA.TMENDRSCAN)
        return found.map(({ globalTransactionId }) => Buffer.from(globalTransactionId).toString())
      }),
  }
}

function xidOf(branch: string): Xid {
  return { formatId: 4711, globalTransactionId: Buffer.from(branch), branchQualifier: Buffer.of(1) }
}

function consumerOf(
  of: Session,
  name: string,
  { selector, noLocal, durable }: ConsumerOptions,
): Promise<MessageConsumer> {
  const destination = parseDestination(name)
  const options = { ...(selector === undefined ? {} : { selector }), ...(noLocal === undefined ? {} : { noLocal }) }
  if (durable === undefined) return of.createConsumer(destination, options)
  if (!(destination instanceof Topic)) throw new Error(`${name} is no topic`)
  return of.createDurableConsumer(destination, durable, options)
}

function producer(of: Session, to: MessageProducer): PartyProducer {
  return {
    send: (outgoing, { destination, persistent = true, priority, timeToLive } = {}) =>
      translated(async () => {
        const message = build(of, outgoing)
        await to.send(message, {
          deliveryMode: persistent ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT,
          ...(destination === undefined ? {} : { destination: parseDestination(destination) }),
          ...(priority === undefined ? {} : { priority }),
          ...(timeToLive === undefined ? {} : { timeToLive }),
        })
        return { ...describe(message), body: null }
      }),
    close: () => translated(() => to.close()),
  }
}

function consumer(of: MessageConsumer): PartyConsumer {
  const poll = (timeoutMs: number): Promise<PartyMessage | null> =>
    translated(async () => {
      const message = timeoutMs < 0 ? await of.receiveNoWait() : await of.receive(timeoutMs)
      return message === null ? null : held(message)
    })
  return {
    poll,
    receive: async () => {
      const message = await poll(PATIENCE_MS)
      if (message === null) throw new PartyError('NothingCame', `No message within ${PATIENCE_MS / 1000} s.`)
      return message
    },
    listen: (heard, failures = 0) => {
      let left = failures
      return translated(() =>
        of.setMessageListener((message) => {
          heard(held(message))
          left--
          if (left >= 0) throw new Error('The listener was asked to fail.')
        }),
      )
    },
    close: () => translated(() => of.close()),
  }
}

function held(message: Message): PartyMessage {
  return { ...describe(message), acknowledge: () => translated(() => message.acknowledge()) }
}

function build(session: Session, { kind, body = null, headers = {}, properties = {} }: Outgoing): Message {
  const message = ((): Message => {
    switch (kind) {
      case 'text':
        return session.createTextMessage(body as string | null)
      case 'bytes':
        return session.createBytesMessage(Buffer.from((body ?? '') as string, 'hex'))
      case 'map':
        return session.createMapMessage(mapped((body ?? {}) as Record<string, Value>))
      case 'stream':
        return session.createStreamMessage(((body ?? []) as Value[]).map(input))
      case 'object':
        return session.createObjectMessage(body === null ? null : Buffer.from(body as string, 'hex'))
      case 'message':
        return session.createMessage()
      default:
        return kind satisfies never
    }
  })()
  if (headers.correlationId !== undefined) message.jmsCorrelationID = headers.correlationId
  if (headers.type !== undefined) message.jmsType = headers.type
  if (headers.replyTo !== undefined) message.jmsReplyTo = parseDestination(headers.replyTo)
  if (headers.groupId !== undefined) message.setStringProperty('JMSXGroupID', headers.groupId)
  for (const [name, value] of Object.entries(properties)) message.setObjectProperty(name, input(value))
  return message
}

function mapped(values: Readonly<Record<string, Value>>): Map<string, MessageInput> {
  return new Map(Object.entries(values).map(([name, value]) => [name, input(value)]))
}

function input(value: Value): MessageInput {
  switch (value.type) {
    case 'null':
    case 'boolean':
    case 'string':
      return value.value
    case 'byte':
      return byte(value.value)
    case 'short':
      return short(value.value)
    case 'int':
      return int(value.value)
    case 'long':
      return long(BigInt(value.value))
    case 'float':
      return float(Number(value.value))
    case 'double':
      return double(Number(value.value))
    case 'char':
      return char(value.value)
    case 'bytes':
      return Buffer.from(value.value, 'hex')
    default:
      return value satisfies never
  }
}

/** The types of values are read from what came over the wire: the client's own getters say less, as JavaScript does. */
function describe(message: Message): Incoming {
  const { wire } = message
  return {
    ...content(message),
    headers: {
      messageId: message.jmsMessageID,
      correlationId: message.jmsCorrelationID,
      type: message.jmsType,
      destination: text(message.jmsDestination),
      replyTo: text(message.jmsReplyTo),
      persistent: message.jmsDeliveryMode === DeliveryMode.PERSISTENT,
      priority: message.jmsPriority,
      timestamp: String(message.jmsTimestamp),
      expiration: String(message.jmsExpiration),
      redelivered: message.jmsRedelivered,
      deliveryCount: message.deliveryCount,
      groupId: wire.groupID,
      groupSequence: wire.groupSequence,
    },
    properties: wire.marshalledProperties === null ? {} : valuesOf(decodePrimitiveMap(wire.marshalledProperties)),
  }
}

function content(message: Message): Pick<Incoming, 'kind' | 'body'> {
  const body = message.wire.content
  if (message instanceof TextMessage) return { kind: 'text', body: message.text ?? null }
  if (message instanceof BytesMessage)
    return { kind: 'bytes', body: body === null ? '' : message.bytes.toString('hex') }
  if (message instanceof MapMessage) return { kind: 'map', body: body === null ? {} : valuesOf(decodeMapBody(body)) }
  if (message instanceof StreamMessage)
    return { kind: 'stream', body: body === null ? [] : decodeStreamBody(body).map(value) }
  if (message instanceof ObjectMessage) return { kind: 'object', body: message.bodyBytes?.toString('hex') ?? null }
  return { kind: 'message', body: null }
}

function text(destination: unknown): string | null {
  return destination === null ? null : String(destination)
}

function valuesOf(map: PrimitiveMap | null): Record<string, Value> {
  return Object.fromEntries(
    [...(map ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, primitive]) => [name, value(primitive)]),
  )
}

function value({ tag, value }: Primitive): Value {
  switch (tag) {
    case PrimitiveTag.Null:
      return { type: 'null', value: null }
    case PrimitiveTag.Boolean:
      return { type: 'boolean', value: value === true }
    case PrimitiveTag.Byte:
      return { type: 'byte', value: Number(value) }
    case PrimitiveTag.Short:
      return { type: 'short', value: Number(value) }
    case PrimitiveTag.Int:
      return { type: 'int', value: Number(value) }
    case PrimitiveTag.Long:
      return { type: 'long', value: String(value) }
    case PrimitiveTag.Float:
      return { type: 'float', value: number(Number(value)) }
    case PrimitiveTag.Double:
      return { type: 'double', value: number(Number(value)) }
    case PrimitiveTag.Char:
      return { type: 'char', value: String(value) }
    case PrimitiveTag.ByteArray:
      return { type: 'bytes', value: (value as Buffer).toString('hex') }
    default:
      return { type: 'string', value: String(value) }
  }
}

function number(value: number): number | 'NaN' | 'Infinity' | '-Infinity' | '-0' {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity')
}

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw translate(error)
  }
}

/** The JMS names of the errors; subclasses of this client's own count as what they extend. */
function translate(error: unknown): Error {
  if (error instanceof XAError) return new PartyError('XAException', `code ${error.errorCode}`)
  if (!(error instanceof JMSError)) return error as Error
  const name = error instanceof InvalidDestinationError ? 'InvalidDestinationError' : error.name
  return new PartyError(name.replace(/Error$/, 'Exception'), error.message)
}
