import { connect, type Socket } from 'node:net'
import { ByteWriter } from '@millrace/base'
import type { Response } from '@millrace/openwire'
import {
  ActiveMQQueue,
  ActiveMQTextMessage,
  ActiveMQTopic,
  type Agreed,
  type Command,
  type CommandReceiver,
  ConnectionId,
  ConnectionInfo,
  ConsumerId,
  ConsumerInfo,
  type DataStructure,
  DataType,
  type Destination,
  ExceptionResponse,
  FrameReader,
  initialFormat,
  KeepAliveInfo,
  MessageAck,
  type MessageDispatch,
  MessageId,
  negotiate,
  type Offer,
  type OpenWireMessage,
  ProducerId,
  ProducerInfo,
  RemoveInfo,
  SessionId,
  SessionInfo,
  ShutdownInfo,
  WireFormat,
  WireFormatInfo,
  wireFormatInfo,
} from '@millrace/openwire'

/*
 * An OpenWire peer that does only what a test tells it: frames over a real socket, nothing by itself. What comes in is
 * kept in order until somebody takes it.
 */

interface Waiting {
  matches(structure: DataStructure): boolean
  found(structure: DataStructure): void
  failed(error: Error): void
}

export class RawClient implements CommandReceiver {
  readonly socket: Socket
  /** Came in and was not taken yet. */
  readonly received: DataStructure[] = []
  /** Fulfilled when the broker has closed its side and the socket is gone. */
  readonly closed: Promise<void>
  /** Fulfilled when both sides know what they speak. */
  readonly greeted: Promise<void>
  agreed: Agreed | null = null
  connectionId = ''
  readonly #writer = new ByteWriter()
  readonly #frames = new FrameReader(initialFormat())
  readonly #offer: WireFormatInfo
  #format: WireFormat = initialFormat()
  #waiting: Waiting[] = []
  #commandId = 0
  #gone = false
  #greeted: () => void = () => {}

  constructor(socket: Socket, offer: Offer | WireFormatInfo) {
    this.socket = socket
    this.#offer = offer instanceof WireFormatInfo ? offer : wireFormatInfo(offer)
    this.greeted = new Promise((resolve) => {
      this.#greeted = resolve
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#gone = true
        for (const waiting of this.#waiting) waiting.failed(new Error('the broker closed the link'))
        resolve()
      })
    })
    socket.on('data', (chunk: Buffer) => this.#frames.receive(chunk, this))
    socket.on('error', () => {})
  }

  /** A TCP connection on which nothing was said. */
  static async open(address: string, offer: Offer | WireFormatInfo = {}): Promise<RawClient> {
    const url = new URL(address)
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawClient(socket, offer)
  }

  /** As far as negotiation goes. */
  static async greet(address: string, offer: Offer = {}): Promise<RawClient> {
    const client = await RawClient.open(address, offer)
    await client.greet()
    return client
  }

  /** As far as a connection, and session 1. */
  static async connect(address: string, name: string, offer: Offer = {}): Promise<RawClient> {
    const client = await RawClient.greet(address, offer)
    const response = await client.introduce(name)
    if (response instanceof ExceptionResponse) throw new Error(response.exception?.message ?? 'refused')
    client.send(client.session(1))
    return client
  }

  async greet(): Promise<void> {
    this.send(this.#offer)
    await this.take(DataType.BrokerInfo)
  }

  introduce(name: string, connectionId = `ID:${name}-1-1-1:1`): Promise<Response | ExceptionResponse> {
    this.connectionId = connectionId
    const info = new ConnectionInfo()
    info.connectionId = new ConnectionId()
    info.connectionId.value = this.connectionId
    info.clientId = name
    info.clientMaster = true
    return this.request(info)
  }

  // ---- CommandReceiver

  command(structure: DataStructure | null): void {
    if (structure === null) return
    if (structure.dataType === DataType.WireFormatInfo) {
      this.agreed = negotiate(this.#offer, structure)
      this.#format = new WireFormat(this.agreed)
      this.#frames.format = this.#format
      this.#greeted()
      return
    }
    const at = this.#waiting.findIndex((waiting) => waiting.matches(structure))
    const waiting = at < 0 ? undefined : this.#waiting.splice(at, 1)[0]
    if (waiting === undefined) this.received.push(structure)
    else waiting.found(structure)
  }

  // ---- Sending

  /** Numbers the command if it has no number. */
  send(structure: DataStructure): void {
    if ('commandId' in structure && structure.commandId === 0 && structure.dataType !== DataType.KeepAliveInfo) {
      structure.commandId = ++this.#commandId
    }
    this.put(structure)
  }

  /** Leaves the number as it is. */
  put(structure: DataStructure): void {
    this.#format.marshal(structure, this.#writer)
    this.write(this.#writer.take())
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Sends it with `responseRequired` and waits for its answer, of whatever kind. */
  async request(command: Command): Promise<Response | ExceptionResponse> {
    command.responseRequired = true
    this.send(command)
    const { commandId } = command
    const answer = await this.find((one) => 'correlationId' in one && one.correlationId === commandId)
    return answer as Response | ExceptionResponse
  }

  /** A request that must succeed. */
  async ask(command: Command): Promise<void> {
    const response = await this.request(command)
    if (response instanceof ExceptionResponse) {
      throw new Error(`${response.exception?.className}: ${response.exception?.message}`)
    }
  }

  /** A request that must fail; gives the Java class. */
  async refused(command: Command): Promise<string> {
    const response = await this.request(command)
    if (!(response instanceof ExceptionResponse)) throw new Error(`${command.constructor.name} was not refused`)
    return response.exception?.className ?? ''
  }

  /** Everything sent before has been handled when this is fulfilled: the broker echoes it in order. */
  async barrier(): Promise<void> {
    const ping = new KeepAliveInfo()
    ping.responseRequired = true
    ping.commandId = ++this.#commandId
    this.put(ping)
    const { commandId } = ping
    await this.find((one) => one.dataType === DataType.KeepAliveInfo && one.commandId === commandId)
  }

  // ---- Receiving

  /** The first one that was not taken yet, or the next one to come. */
  find(matches: (structure: DataStructure) => boolean): Promise<DataStructure> {
    const at = this.received.findIndex(matches)
    if (at >= 0) return Promise.resolve(this.received.splice(at, 1)[0] as DataStructure)
    if (this.#gone) return Promise.reject(new Error('the broker closed the link'))
    return new Promise((found, failed) => this.#waiting.push({ matches, found, failed }))
  }

  take<T extends DataStructure['dataType']>(type: T): Promise<Extract<DataStructure, { dataType: T }>> {
    return this.find((one) => one.dataType === type) as Promise<Extract<DataStructure, { dataType: T }>>
  }

  async takeMessage(): Promise<MessageDispatch> {
    return this.take(DataType.MessageDispatch)
  }

  /** What has come in of a kind and was not taken. */
  count(type: number): number {
    return this.received.filter((one) => one.dataType === type).length
  }

  // ---- Commands with the ids of this connection

  session(value: number): SessionInfo {
    const info = new SessionInfo()
    info.sessionId = new SessionId()
    info.sessionId.connectionId = this.connectionId
    info.sessionId.value = value
    return info
  }

  producerId(value: number, session = 1): ProducerId {
    const id = new ProducerId()
    id.connectionId = this.connectionId
    id.sessionId = session
    id.value = value
    return id
  }

  consumerId(value: number, session = 1): ConsumerId {
    const id = new ConsumerId()
    id.connectionId = this.connectionId
    id.sessionId = session
    id.value = value
    return id
  }

  producer(value: number, destination: Destination | null, windowSize = 0): ProducerInfo {
    const info = new ProducerInfo()
    info.producerId = this.producerId(value)
    info.destination = destination
    info.windowSize = windowSize
    return info
  }

  consumer(value: number, destination: Destination, prefetch = 1000): ConsumerInfo {
    const info = new ConsumerInfo()
    info.consumerId = this.consumerId(value)
    info.destination = destination
    info.prefetchSize = prefetch
    return info
  }

  text(producer: number, sequence: number, destination: Destination, body: string): ActiveMQTextMessage {
    const message = new ActiveMQTextMessage()
    message.producerId = this.producerId(producer)
    message.destination = destination
    message.messageId = new MessageId()
    message.messageId.producerId = message.producerId
    message.messageId.producerSequenceId = sequence
    message.persistent = true
    message.priority = 4
    message.content = textBody(body)
    return message
  }

  ack(dispatch: MessageDispatch, ackType = 2): MessageAck {
    const ack = new MessageAck()
    ack.consumerId = dispatch.consumerId
    ack.destination = dispatch.destination
    ack.ackType = ackType
    ack.firstMessageId = ackType === 4 ? null : messageOf(dispatch).messageId
    ack.lastMessageId = messageOf(dispatch).messageId
    ack.messageCount = 1
    return ack
  }

  remove(id: RemoveInfo['objectId'], last = -1): RemoveInfo {
    const info = new RemoveInfo()
    info.objectId = id
    info.lastDeliveredSequenceId = last
    return info
  }

  /** The orderly end. */
  async leave(): Promise<void> {
    const id = new ConnectionId()
    id.value = this.connectionId
    await this.ask(this.remove(id))
    this.send(new ShutdownInfo())
    await this.closed
  }

  /** The end of a process that was killed. */
  async vanish(): Promise<void> {
    this.socket.resetAndDestroy()
    await this.closed
  }
}

export function queue(name: string): ActiveMQQueue {
  const destination = new ActiveMQQueue()
  destination.physicalName = name
  return destination
}

export function topic(name: string): ActiveMQTopic {
  const destination = new ActiveMQTopic()
  destination.physicalName = name
  return destination
}

export function messageOf(dispatch: MessageDispatch): OpenWireMessage {
  if (dispatch.message === null) throw new Error('a dispatch without message')
  return dispatch.message
}

export function textBody(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  const body = Buffer.alloc(4 + bytes.length)
  body.writeInt32BE(bytes.length)
  bytes.copy(body, 4)
  return body
}

export function textOf(dispatch: MessageDispatch): string {
  const { content } = messageOf(dispatch)
  return content === null ? '' : content.toString('utf8', 4)
}
