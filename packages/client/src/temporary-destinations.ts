import {
  ActiveMQTopic,
  ConsumerId,
  ConsumerInfo,
  DataType,
  DestinationInfo,
  DestinationOperation,
  AckType,
  LastDelivered,
  MessageAck,
  type MessageDispatch,
} from '@millrace/openwire'
import type { Connection } from './connection.ts'
import { type Destination, TemporaryQueue, TemporaryTopic, type WireDestination } from './destination.ts'
import { InvalidDestinationError } from './errors.ts'
import { removal } from './removal.ts'
import type { DispatchTarget } from './routes.ts'
import type { WaitOptions } from './wait.ts'

const PREFETCH = 1000
/** Acknowledged in batches of three quarters of the prefetch, as the model system's client does. */
const ACK_AFTER = 750
/** Deleted ones that are remembered; the oldest are forgotten first, and then the broker refuses. */
const DELETED_MAX = 10_000

/**
 * What a connection knows of temporary destinations: the ones it made, and which were deleted. It learns of the latter
 * from the broker's advisories, so that a send to one fails here and at once.
 */
export class TemporaryDestinations implements DispatchTarget {
  readonly #connection: Connection
  #count = 0
  #watcher: ConsumerId | null = null
  #delivered = 0
  readonly #deleted = new Set<string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async create(kind: 'temp-queue' | 'temp-topic', wait: WaitOptions): Promise<TemporaryQueue | TemporaryTopic> {
    this.#count++
    const name = `${this.#connection.id.value}:${this.#count}`
    const made =
      kind === 'temp-queue' ? new TemporaryQueue(name, this.#connection) : new TemporaryTopic(name, this.#connection)
    const info = new DestinationInfo()
    info.connectionId = this.#connection.id
    info.destination = made.wire
    info.operationType = DestinationOperation.Add
    await this.#connection.request(info, `creating ${made.toString()}`, wait)
    return made
  }

  /** Throws InvalidDestinationError for one that is known to be gone. */
  requireAlive(destination: Destination): void {
    if (!this.#deleted.has(destination.toString())) return
    throw new InvalidDestinationError(`${destination.toString()} was deleted`)
  }

  /** Throws InvalidDestinationError for one that another connection made: only anyone may send to it. */
  requireOwn(destination: Destination): void {
    if (destination.name.startsWith(`${this.#connection.id.value}:`)) return
    throw new InvalidDestinationError(
      `${destination.toString()} belongs to another connection, which alone may consume`,
    )
  }

  deleted(wire: WireDestination): void {
    this.#deleted.add(textOf(wire))
    for (const oldest of this.#deleted) {
      if (this.#deleted.size <= DELETED_MAX) break
      this.#deleted.delete(oldest)
    }
  }

  /** The connection's own advisory consumer. Without the right to it the connection works, but does not know. */
  async watch(): Promise<void> {
    const info = new ConsumerInfo()
    const id = new ConsumerId()
    id.connectionId = this.#connection.id.value
    id.sessionId = -1
    id.value = 1
    info.consumerId = id
    info.destination = new ActiveMQTopic()
    info.destination.physicalName = 'ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic'
    info.prefetchSize = PREFETCH
    info.noLocal = true
    info.dispatchAsync = true
    this.#connection.targets.add(id, this)
    try {
      await this.#connection.request(info, 'watching temporary destinations')
      this.#watcher = id
    } catch (error) {
      this.#connection.targets.remove(id)
      if (this.#connection.failure !== null) throw error
      this.#connection.settings.log.warn({ error }, 'no advisories: deleted temporary destinations will not be known')
    }
  }

  unwatch(): void {
    if (this.#watcher === null) return
    this.#connection.targets.remove(this.#watcher)
    const remove = removal(this.#watcher, LastDelivered.None)
    this.#watcher = null
    this.#connection.oneWay(remove)
  }

  dispatch(dispatch: MessageDispatch): void {
    const payload = dispatch.message?.dataStructure
    if (payload?.dataType === DataType.DestinationInfo && payload.destination !== null) {
      if (payload.operationType === DestinationOperation.Remove) this.deleted(payload.destination)
      else this.#deleted.delete(textOf(payload.destination))
    }
    this.#delivered++
    if (this.#delivered > ACK_AFTER) this.#acknowledge(dispatch)
  }

  control(): void {}

  failed(): void {}

  interrupted(): void {
    this.#delivered = 0
  }

  resumed(): void {}

  #acknowledge(dispatch: MessageDispatch): void {
    const ack = new MessageAck()
    ack.consumerId = dispatch.consumerId
    ack.destination = dispatch.destination
    ack.ackType = AckType.Standard
    ack.lastMessageId = dispatch.message?.messageId ?? null
    ack.messageCount = this.#delivered
    this.#delivered = 0
    this.#connection.oneWay(ack)
  }
}

function textOf(wire: WireDestination): string {
  return `${wire.dataType === DataType.ActiveMQTempTopic ? 'temp-topic' : 'temp-queue'}://${wire.physicalName}`
}
