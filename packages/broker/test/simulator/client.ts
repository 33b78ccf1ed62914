import { ByteWriter, type VmPeer } from '@millrace/base'
import {
  ActiveMQQueue,
  ActiveMQTempQueue,
  ActiveMQTextMessage,
  ActiveMQTopic,
  type Command,
  ConnectionId,
  ConnectionInfo,
  type ConsumerId,
  type DataArrayResponse,
  type DataStructure,
  DataType,
  type Destination,
  type ExceptionResponse,
  FrameReader,
  initialFormat,
  type IntegerResponse,
  LocalTransactionId,
  type MessageDispatch,
  MessageId,
  negotiate,
  ProducerId,
  ProducerInfo,
  type Response,
  SessionId,
  SessionInfo,
  type TransactionId,
  WireFormat,
  wireFormatInfo,
  XATransactionId,
} from '@millrace/openwire'
import { type Copy, DEAD_LETTERS, type Letter, type Place, type Undecided, Violation } from './ledger.ts'
import { Line } from './line.ts'
import type { Simulation } from './simulation.ts'

export interface Answer {
  /** The text of the exception; null: it is well. */
  readonly error: string | null
  readonly response: Response | ExceptionResponse | IntegerResponse | DataArrayResponse
}

/** A delivery that was not settled. */
export interface Held {
  readonly copy: Copy | null
  readonly messageId: MessageId
  readonly key: number
  /** Counts the deliveries to this consumer. */
  readonly order: number
}

/** A consumer as its client sees it. */
export class SimulatedConsumer {
  readonly client: SimulatedClient
  readonly id: ConsumerId
  readonly destination: string
  /** Null: a topic, nothing is kept. */
  readonly place: Place | null
  readonly selection: string | null
  readonly prefetch: number
  readonly browser: boolean
  /** The broker has answered that it is there. */
  confirmed = false
  closed = false
  /** Its link went. */
  lost = false
  /** Came and was not settled, in the order in which it came. */
  held: Held[] = []
  /** What it was given and has not settled, on its way included. */
  readonly owned: Set<Copy> = new Set()
  /** Topics: all that came. */
  readonly received: Set<number> = new Set()
  /** The newest of each way of sending that was given out for the first time. */
  readonly newest: Map<string, number> = new Map()
  /** A browse came to its end, or a pull found nothing. */
  exhausted = 0
  deliveries = 0
  /** When it was asked for, on the ledger's clock. */
  readonly born: number

  constructor(
    client: SimulatedClient,
    id: ConsumerId,
    destination: string,
    place: Place | null,
    facts: { readonly selection: string | null; readonly prefetch: number; readonly browser: boolean },
  ) {
    this.client = client
    this.id = id
    this.destination = destination
    this.place = place
    this.selection = facts.selection
    this.prefetch = facts.prefetch
    this.browser = facts.browser
    this.born = client.simulation.ledger.moment()
    place?.consumers.add(this)
  }

  /** What it was given is its own. */
  get holds(): boolean {
    return !this.closed && !this.lost
  }

  get name(): string {
    return `consumer ${this.id.connectionId}:${this.id.value} of ${this.place?.name ?? this.destination}`
  }
}

export const TEMPORARY = 'temp-queue://'

const OFFER = { maxInactivityDuration: 0, maxInactivityDurationInitialDelay: 0 }
/** Encoding is over when the call returns. */
const writer = new ByteWriter()

/**
 * A client that does only what a step tells it: OpenWire frames, nothing by itself, and no promise. It shares the codec
 * with the real client and nothing else, so that every history is made of the commands and can be repeated exactly.
 */
export class SimulatedClient {
  readonly simulation: Simulation
  readonly connectionId: string
  readonly clientId: string
  alive = false
  /** Its connection was answered. */
  ready = false
  /** It said goodbye. */
  leaving = false
  consumers: SimulatedConsumer[] = []
  transaction: Undecided | null = null
  /** It has prepared these, or is ending them. */
  readonly branches: Set<Undecided> = new Set()
  /** Acknowledged in transactions that have not ended: it comes back if they are rolled back. */
  readonly limbo: Map<Undecided, { readonly consumer: SimulatedConsumer; readonly held: Held }[]> = new Map()
  /** Sends without an answer, for the next link; in order. */
  unanswered: { readonly letter: Letter; readonly message: ActiveMQTextMessage }[] = []
  /** Acknowledgements that nobody answers; what is answered later says that they are safe. */
  silent: { readonly copy: Copy; readonly to: number; readonly commandId: number }[] = []
  /** Temporary queues that it has made over this link. */
  readonly temporaries: Place[] = []
  sequence = 0
  line: Line
  readonly #requests = new Map<number, { readonly what: string; readonly then: (answer: Answer) => void }>()
  #commandId = 0
  #numbers = 0
  #wire: Wire = newWire([])
  #reconnecting = false

  constructor(simulation: Simulation, connectionId: string, clientId: string) {
    this.simulation = simulation
    this.connectionId = connectionId
    this.clientId = clientId
    this.line = this.#newLine()
  }

  get producerId(): string {
    return `${this.connectionId}:1:1`
  }

  get unansweredRequests(): string[] {
    return [...this.#requests.values()].map(({ what }) => what)
  }

  // ---- Links

  /** `again`: it was connected before, and comes back over another link. */
  connect(accept: (end: VmPeer) => VmPeer, again: boolean): void {
    this.alive = true
    this.ready = false
    this.leaving = false
    this.#reconnecting = again
    this.consumers = []
    this.silent = []
    this.#wire = newWire(this.consumers)
    this.line = this.#newLine()
    this.line.open(accept(this.line.end))
    this.#put(this.#wire.offer)
  }

  /** The link breaks. */
  cut(): void {
    if (!this.alive) return
    this.line.break(this.simulation.random)
    this.gone()
  }

  /** Nothing comes and nothing goes any more. */
  gone(): void {
    if (!this.alive) return
    this.alive = false
    const { ledger } = this.simulation
    for (const consumer of this.consumers) {
      consumer.lost = true
      for (const copy of consumer.owned) ledger.giveBack(copy, !consumer.closed)
      ledger.departed(consumer)
    }
    for (const place of this.temporaries) ledger.vanishing(place)
    this.temporaries.length = 0
    if (this.transaction !== null) ledger.abandon(this.transaction)
    for (const transaction of this.limbo.keys()) ledger.abandon(transaction)
    this.transaction = null
    this.limbo.clear()
    this.branches.clear()
    this.#requests.clear()
  }

  #newLine(): Line {
    const wire = this.#wire
    return new Line({
      // The broker may go on writing to a link that the client has given up.
      written: (chunk) => this.#written(wire, chunk),
      arrived: (structure) => this.#arrived(structure as DataStructure),
      ended: () => this.gone(),
    })
  }

  // ---- Sending

  /** Sends it with `responseRequired`, and calls back with its answer, unless the link goes before. */
  request(command: Command, what: string, then: (answer: Answer) => void): void {
    command.responseRequired = true
    this.send(command)
    this.#requests.set(command.commandId, { what, then })
  }

  send(command: Command): void {
    command.commandId = ++this.#commandId
    this.#put(command)
  }

  #put(structure: DataStructure): void {
    this.#wire.format.marshal(structure, writer)
    this.line.send(Buffer.from(writer.view()))
    writer.rewind()
  }

  /** A request that must succeed. */
  ask(command: Command, what: string, then: () => void): void {
    this.request(command, what, ({ error }) => {
      if (error !== null) throw new Violation(`${this.clientId}: ${what} was refused: ${error}`)
      then()
    })
  }

  nextId(): ConsumerId {
    return { dataType: 122, connectionId: this.connectionId, sessionId: 1, value: ++this.#numbers } as ConsumerId
  }

  message(letter: Letter): ActiveMQTextMessage {
    const message = new ActiveMQTextMessage()
    message.producerId = this.#producer()
    message.destination = destinationOf(letter.destination)
    message.messageId = new MessageId()
    message.messageId.producerId = message.producerId
    message.messageId.producerSequenceId = letter.sequence
    message.persistent = letter.persistent
    message.priority = letter.priority
    message.type = letter.color
    message.groupID = letter.group
    if (letter.closes) message.groupSequence = -1
    message.expiration = letter.expiration
    message.transactionId = letter.transaction === null ? null : transactionIdOf(this.connectionId, letter.transaction)
    return message
  }

  transactionId(transaction: Undecided): TransactionId {
    return transactionIdOf(this.connectionId, transaction)
  }

  /** One that the ledger does not know: a request to the broker. */
  bareMessage(destination: string): ActiveMQTextMessage {
    const message = new ActiveMQTextMessage()
    message.producerId = this.#producer()
    message.destination = destinationOf(destination)
    message.messageId = new MessageId()
    message.messageId.producerId = message.producerId
    message.messageId.producerSequenceId = ++this.sequence
    return message
  }

  #producer(): ProducerId {
    const id = new ProducerId()
    id.connectionId = this.connectionId
    id.sessionId = 1
    id.value = 1
    return id
  }

  // ---- Receiving

  /** The broker wrote it: what is in it is noted before anything can happen to it. */
  #written(wire: Wire, chunk: Buffer): unknown[] {
    const structures: unknown[] = []
    try {
      wire.frames.receive(chunk, {
        command: (structure) => {
          if (structure !== null) structures.push(this.#look(wire, structure))
        },
      })
    } catch (error) {
      this.simulation.fail(error)
    }
    return structures
  }

  #look(wire: Wire, structure: DataStructure): unknown {
    if (structure.dataType === DataType.WireFormatInfo) {
      wire.format = new WireFormat(negotiate(wire.offer, structure))
      wire.frames.format = wire.format
      return structure
    }
    if (structure.dataType !== DataType.MessageDispatch) return structure
    const consumer = wire.consumers.find(({ id }) => id.value === structure.consumerId?.value)
    if (consumer === undefined) throw new Violation(`${this.clientId} was given something for no consumer`)
    return new Delivery(consumer, structure, this.#note(consumer, structure))
  }

  #note(consumer: SimulatedConsumer, { message, redeliveryCounter }: MessageDispatch): Copy | null {
    if (message === null) return null
    const number = Number(message.content?.toString('latin1', 4).trimEnd() ?? '0')
    const dead = consumer.destination === DEAD_LETTERS
    const from = message.originalDestination
    const origin = dead && from !== null ? textOf(from) : null
    if (dead && origin === null) throw new Violation(`${consumer.name} was given ${number} without its origin`)
    this.simulation.note(() => `  ${consumer.name} is given ${number}${redeliveryCounter > 0 ? ' again' : ''}`)
    const id = messageText(message.messageId)
    return this.simulation.ledger.delivered(consumer, { number, id, redeliveries: redeliveryCounter, origin })
  }

  #arrived(structure: DataStructure | Delivery): void {
    if (structure instanceof Delivery) {
      this.#take(structure)
      return
    }
    switch (structure.dataType) {
      case DataType.WireFormatInfo:
        this.#introduce()
        return
      case DataType.Response:
      case DataType.ExceptionResponse:
      case DataType.IntegerResponse:
      case DataType.DataArrayResponse:
        this.#answered(structure)
        return
      case DataType.ConnectionError:
        if (this.ready) this.simulation.complained(this, structure.exception?.message ?? '')
        return
      default:
    }
  }

  #take({ consumer, dispatch, copy }: Delivery): void {
    const { message } = dispatch
    if (message === null) {
      consumer.exhausted++
      return
    }
    if (consumer.closed || message.messageId === null) return
    const key = Number(message.messageId.brokerSequenceId)
    consumer.held.push({ copy, messageId: message.messageId, key, order: ++consumer.deliveries })
  }

  #introduce(): void {
    const info = new ConnectionInfo()
    info.connectionId = new ConnectionId()
    info.connectionId.value = this.connectionId
    info.clientId = this.clientId
    info.clientMaster = true
    info.failoverReconnect = this.#reconnecting
    this.request(info, 'connect', ({ error }) => {
      // The broker may not have heard yet that the one before is gone.
      if (error !== null) this.cut()
      else this.ready = true
    })
    const session = new SessionInfo()
    session.sessionId = new SessionId()
    session.sessionId.connectionId = this.connectionId
    session.sessionId.value = 1
    this.send(session)
    const producer = new ProducerInfo()
    producer.producerId = this.#producer()
    this.send(producer)
    this.#resend()
  }

  /** What a client does that comes back over another link: whatever was not answered goes once more, in order. */
  #resend(): void {
    for (const { letter, message } of this.unanswered) {
      this.simulation.note(() => `  ${this.clientId} sends ${letter.number} again`)
      this.requestSend(letter, message)
    }
  }

  requestSend(letter: Letter, message: ActiveMQTextMessage): void {
    this.request(message, `send of ${letter.number}`, ({ error, response }) => {
      this.unanswered = this.unanswered.filter((one) => one.letter !== letter)
      if (error !== null) this.simulation.refused(letter, error)
      else {
        this.simulation.ledger.confirm(letter)
        // What was stored says so; topics and temporary queues store nothing.
        const stored = letter.persistent && !/^(topic|temp-queue):/.test(letter.destination)
        if (stored && !this.simulation.ledger.mayBeEarly(letter)) this.safe(response)
      }
    })
  }

  /** Acknowledged in a transaction that was rolled back: where it was before. */
  restore(transaction: Undecided): void {
    for (const { consumer, held } of this.limbo.get(transaction) ?? []) {
      if (!consumer.holds || held.copy === null) continue
      this.simulation.ledger.restore(held.copy, consumer)
      let at = consumer.held.length
      while (at > 0 && (consumer.held[at - 1] as Held).order > held.order) at--
      consumer.held.splice(at, 0, held)
    }
    this.limbo.delete(transaction)
  }

  /** What this answer is about was stored, so what was sent before is safe too. */
  safe({ correlationId }: Response | ExceptionResponse | IntegerResponse | DataArrayResponse): void {
    while (this.silent.length > 0 && (this.silent[0]?.commandId ?? 0) < correlationId) {
      const first = this.silent.shift()
      if (first !== undefined) this.simulation.ledger.settled(first.copy, first.to)
    }
  }

  #answered(response: Response | ExceptionResponse | IntegerResponse | DataArrayResponse): void {
    const request = this.#requests.get(response.correlationId)
    if (request === undefined)
      throw new Violation(`${this.clientId} was answered a request twice, or one it never sent`)
    this.#requests.delete(response.correlationId)
    const failure = response.dataType === DataType.ExceptionResponse ? (response.exception?.message ?? '?') : null
    if (failure !== null) this.simulation.note(() => `  ${this.clientId}: ${request.what} was refused: ${failure}`)
    request.then({ error: failure, response })
  }
}

/** What belongs to one link. */
interface Wire {
  readonly offer: ReturnType<typeof wireFormatInfo>
  readonly frames: FrameReader
  format: WireFormat
  readonly consumers: SimulatedConsumer[]
}

function newWire(consumers: SimulatedConsumer[]): Wire {
  const format = initialFormat()
  return { offer: wireFormatInfo(OFFER), frames: new FrameReader(format), format, consumers }
}

class Delivery {
  readonly consumer: SimulatedConsumer
  readonly dispatch: MessageDispatch
  readonly copy: Copy | null

  constructor(consumer: SimulatedConsumer, dispatch: MessageDispatch, copy: Copy | null) {
    this.consumer = consumer
    this.dispatch = dispatch
    this.copy = copy
  }
}

export function destinationOf(text: string): Destination {
  if (text.startsWith(TEMPORARY)) {
    const queue = new ActiveMQTempQueue()
    queue.physicalName = text.slice(TEMPORARY.length)
    return queue
  }
  const topic = text.startsWith('topic://')
  const destination = topic ? new ActiveMQTopic() : new ActiveMQQueue()
  destination.physicalName = topic ? text.slice('topic://'.length) : text
  return destination
}

/** The name of a message that the broker made says its number in the producer's id. */
export function messageText(id: MessageId | null): string {
  const { connectionId, sessionId, value } = id?.producerId ?? {}
  return id?.textView ?? `${connectionId}:${sessionId}:${value}:${id?.producerSequenceId}`
}

function textOf(destination: Destination): string {
  if (destination instanceof ActiveMQTempQueue) return `${TEMPORARY}${destination.physicalName}`
  return destination instanceof ActiveMQTopic ? `topic://${destination.physicalName}` : (destination.physicalName ?? '')
}

export function transactionIdOf(connectionId: string, transaction: Undecided): TransactionId {
  if (transaction.distributed) {
    const id = new XATransactionId()
    id.formatId = 7
    id.globalTransactionId = Buffer.from(transaction.id)
    id.branchQualifier = Buffer.from([1])
    return id
  }
  const id = new LocalTransactionId()
  id.connectionId = new ConnectionId()
  id.connectionId.value = connectionId
  id.value = Number(transaction.id.slice(1))
  return id
}
