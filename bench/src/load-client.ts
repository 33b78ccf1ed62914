/**
 * A producer that costs next to nothing, so that what is measured is the broker. The message is encoded once; for each send only its
 * command number and its sequence number are written into a copy of the frame, and many frames go out in one write. Of what comes
 * back only the frames' types are looked at.
 */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { ByteWriter } from '@millrace/base'
import {
  ActiveMQBytesMessage,
  ActiveMQQueue,
  ActiveMQTopic,
  type BaseCommand,
  ConnectionId,
  ConnectionInfo,
  ConsumerId,
  ConsumerInfo,
  type DataStructure,
  DataType,
  type Destination,
  DestinationInfo,
  DestinationOperation,
  initialFormat,
  MessageId,
  ProducerId,
  ProducerInfo,
  SessionId,
  SessionInfo,
  WireFormat,
  wireFormatInfo,
} from '@millrace/openwire'
import { News } from './news.ts'

/** Loose frames: size (4), type (1), then of a command its number (4) and whether an answer is wanted (1). */
const TYPE_AT = 4
const COMMAND_ID_AT = 5
const ANSWER_AT = 9
const BATCH_MESSAGES = 64
const BATCHES = 8
const BEYOND_MESSAGES = 0x7000_0000
const REQUESTS_IN_FLIGHT = 256

/** A consumer that is asked for. */
export interface Wanted {
  readonly destination: Destination
  readonly selector: string | null
  readonly prefetch: number
}

export class LoadClient {
  /** Of each message that is published, so many come here: the consumers it has. */
  perMessage = 1
  readonly #socket: Socket
  readonly #format = new WireFormat({
    version: 12,
    tightEncodingEnabled: false,
    cacheEnabled: false,
    cacheSize: 0,
    stackTraceEnabled: true,
    sizePrefixDisabled: false,
    maxFrameSize: 104_857_600,
  })
  readonly #connectionId = new ConnectionId()
  readonly #sessionId = new SessionId()
  #commandId = BEYOND_MESSAGES
  /** Bytes of a frame that are still to come; the frame's type has been seen. */
  #skip = 0
  #head: Buffer = Buffer.alloc(0)
  #answers = 0
  #dispatches = 0
  #consumers = 0
  readonly #news = new News()

  private constructor(socket: Socket, name: string) {
    this.#socket = socket
    this.#connectionId.value = name
    this.#sessionId.connectionId = name
    this.#sessionId.value = 1
  }

  static async open(url: string): Promise<LoadClient> {
    const { hostname, port } = new URL(url)
    const socket = connectSocket({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    const client = new LoadClient(socket, `ID:load-${process.pid}-${process.hrtime.bigint()}-0:1`)
    socket.on('data', (chunk) => client.#receive(chunk))
    socket.on('error', (error) => client.#news.fail(error))
    socket.on('close', () => client.#news.fail(new Error('The broker closed the connection.')))
    const hello = new ByteWriter()
    initialFormat().marshal(wireFormatInfo({ maxInactivityDuration: 0 }), hello)
    socket.write(Buffer.from(hello.take()))
    const connection = new ConnectionInfo()
    connection.connectionId = client.#connectionId
    connection.clientId = client.#connectionId.value
    connection.clientMaster = true
    await client.#request(connection)
    const session = new SessionInfo()
    session.sessionId = client.#sessionId
    await client.#request(session)
    return client
  }

  /**
   * Sends persistent messages of `bytes` bytes to a queue until `over` says so. `window`: how many may be without their answer at a
   * time; 0: no answers are asked for, but the last one's. Returns the number of messages, all of them taken by the broker.
   */
  send(queue: string, bytes: number, window: number, over: (sent: number) => boolean): Promise<number> {
    return this.#send(queueNamed(queue), true, bytes, window, over)
  }

  /** Sends non-persistent messages to a topic, without answers but the last one's. */
  publish(topic: string, bytes: number, over: (sent: number) => boolean): Promise<number> {
    return this.#send(topicNamed(topic), false, bytes, 0, over)
  }

  async #send(
    destination: Destination,
    persistent: boolean,
    bytes: number,
    window: number,
    over: (sent: number) => boolean,
  ): Promise<number> {
    const batches = await this.#prepare(destination, persistent, bytes)
    const free = [...batches]
    const answersBefore = this.#answers
    let sent = 0
    let last = false
    while (!last) {
      this.#news.check()
      const asked = this.#answers - answersBefore
      const room = window === 0 ? BATCH_MESSAGES : Math.min(BATCH_MESSAGES, window - (sent - asked))
      const batch = room > 0 ? free.pop() : undefined
      if (batch === undefined) {
        await this.#news.next()
        continue
      }
      last = over(sent)
      const count = last ? 1 : room
      const frames = batch.fill(count, sent, window > 0 || last)
      sent += count
      this.#socket.write(frames, () => {
        free.push(batch)
        this.#news.wake()
      })
    }
    const wanted = answersBefore + (window > 0 ? sent : 1)
    while (this.#answers < wanted) await this.#news.next()
    return sent
  }

  /** Resolves when a first message has come from the queue. It is not acknowledged. */
  async first(queue: string, selector: string | null = null): Promise<void> {
    await this.subscribe([{ destination: queueNamed(queue), selector, prefetch: 1 }])
    await this.dispatched(1)
  }

  /** Makes consumers, many at a time. */
  async subscribe(wanted: readonly Wanted[]): Promise<void> {
    const infos = wanted.map(({ destination, selector, prefetch }) => {
      const info = new ConsumerInfo()
      info.consumerId = new ConsumerId()
      info.consumerId.connectionId = this.#sessionId.connectionId
      info.consumerId.sessionId = 1
      this.#consumers++
      info.consumerId.value = this.#consumers
      info.destination = destination
      info.selector = selector
      info.prefetchSize = prefetch
      info.dispatchAsync = true
      return info
    })
    await this.#requests(infos)
  }

  /** Makes queues that nobody uses yet. */
  async addQueues(names: readonly string[]): Promise<void> {
    const infos = names.map((name) => {
      const info = new DestinationInfo()
      info.connectionId = this.#connectionId
      info.destination = queueNamed(name)
      info.operationType = DestinationOperation.Add
      return info
    })
    await this.#requests(infos)
  }

  /** Messages that came. None is acknowledged. */
  get dispatches(): number {
    return this.#dispatches
  }

  /** Resolves when so many messages have come. */
  async dispatched(count: number): Promise<void> {
    while (this.#dispatches < count) await this.#news.next()
  }

  /** Deletes the queue with everything in it. */
  async destroy(queue: string): Promise<void> {
    const info = new DestinationInfo()
    info.connectionId = this.#connectionId
    info.destination = queueNamed(queue)
    info.operationType = DestinationOperation.Remove
    await this.#request(info)
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  async #prepare(destination: Destination, persistent: boolean, bytes: number): Promise<Batch[]> {
    const producer = new ProducerInfo()
    producer.producerId = new ProducerId()
    producer.producerId.connectionId = this.#sessionId.connectionId
    producer.producerId.sessionId = 1
    this.#commandId++
    producer.producerId.value = this.#commandId
    producer.destination = destination
    await this.#request(producer)
    const message = new ActiveMQBytesMessage()
    message.producerId = producer.producerId
    message.destination = destination
    message.messageId = new MessageId()
    message.messageId.producerId = producer.producerId
    message.persistent = persistent
    message.priority = 4
    message.timestamp = Date.now()
    message.content = Buffer.alloc(bytes, 'Millrace ')
    const [one, other] = [1, 2].map((sequence) => {
      if (message.messageId !== null) message.messageId.producerSequenceId = sequence
      return this.#encode(message)
    })
    if (one === undefined || other === undefined) throw new Error('Two frames were asked for.')
    // The number is a long; where its last byte is, the two frames differ, and nowhere else.
    const sequenceAt = one.findIndex((byte, at) => byte !== other[at]) - 7
    return Array.from({ length: BATCHES }, () => new Batch(one, sequenceAt))
  }

  #request(command: BaseCommand): Promise<void> {
    return this.#requests([command])
  }

  async #requests(commands: readonly BaseCommand[]): Promise<void> {
    for (let at = 0; at < commands.length; at += REQUESTS_IN_FLIGHT) {
      const some = commands.slice(at, at + REQUESTS_IN_FLIGHT)
      const wanted = this.#answers + some.length
      for (const command of some) {
        this.#commandId++
        command.commandId = this.#commandId
        command.responseRequired = true
        this.#socket.write(this.#encode(command as unknown as DataStructure))
      }
      while (this.#answers < wanted) await this.#news.next()
    }
  }

  #encode(structure: DataStructure): Buffer {
    const writer = new ByteWriter()
    this.#format.marshal(structure, writer)
    return Buffer.from(writer.take())
  }

  #receive(chunk: Buffer): void {
    let at = 0
    if (this.#head.length > 0) {
      chunk = Buffer.concat([this.#head, chunk])
      this.#head = Buffer.alloc(0)
    }
    for (;;) {
      const jump = Math.min(this.#skip, chunk.length - at)
      at += jump
      this.#skip -= jump
      if (chunk.length - at <= TYPE_AT) break
      this.#skip = TYPE_AT + chunk.readInt32BE(at)
      this.#frame(chunk[at + TYPE_AT] ?? 0)
    }
    if (at < chunk.length) this.#head = Buffer.from(chunk.subarray(at))
    this.#news.wake()
  }

  #frame(type: number): void {
    if (type === DataType.Response) this.#answers++
    else if (type === DataType.MessageDispatch) this.#dispatches++
    else if (type === DataType.ExceptionResponse || type === DataType.ConnectionError) {
      this.#news.fail(new Error('The broker answered with an error.'))
    }
  }
}

/** Frames side by side that are written over and over, each time with other numbers. */
class Batch {
  readonly #frames: Buffer
  readonly #length: number
  readonly #sequenceAt: number

  constructor(frame: Buffer, sequenceAt: number) {
    this.#frames = Buffer.concat(Array.from({ length: BATCH_MESSAGES }, () => frame))
    this.#length = frame.length
    this.#sequenceAt = sequenceAt
  }

  /** The first `count` frames, numbered from `sent + 1`; the last of them, or all, ask for an answer. */
  fill(count: number, sent: number, answers: boolean): Buffer {
    const frames = this.#frames
    for (let i = 0, at = 0; i < count; i++, at += this.#length) {
      const number = sent + i + 1
      frames.writeInt32BE(number, at + COMMAND_ID_AT)
      frames[at + ANSWER_AT] = answers ? 1 : 0
      frames.writeInt32BE(number, at + this.#sequenceAt + 4)
    }
    return frames.subarray(0, count * this.#length)
  }
}

export function queueNamed(name: string): ActiveMQQueue {
  const queue = new ActiveMQQueue()
  queue.physicalName = name
  return queue
}

export function topicNamed(name: string): ActiveMQTopic {
  const topic = new ActiveMQTopic()
  topic.physicalName = name
  return topic
}
