import type { Connection } from '../connection.ts'
import type { Destination, Topic } from '../destination.ts'
import { IllegalStateError } from '../errors.ts'
import { TypedEmitter } from '../events.ts'
import type { Session } from '../session.ts'
import { type Advisory, advisoryTopic, destinationAdvisories, readAdvisory } from './advisory.ts'

/** Destinations as they come and go, while the source is open. */
export interface DestinationSourceEvents {
  added: Destination
  removed: Destination
}

/** Listens to one advisory topic on a session of its own, from `start` to `close`. */
abstract class AdvisorySource<Events extends object> extends TypedEmitter<Events> implements AsyncDisposable {
  readonly #connection: Connection
  readonly #topic: Topic
  #session: Session | null = null
  #closed = false

  constructor(connection: Connection, topic: Topic) {
    super(connection.settings.log)
    this.#connection = connection
    this.#topic = topic
  }

  /** Begins to tell; listeners that are there by now miss nothing. */
  async start(): Promise<void> {
    if (this.#closed || this.#session !== null) throw new IllegalStateError('the source was started or closed before')
    const session = await this.#connection.createSession()
    this.#session = session
    try {
      const consumer = await session.createConsumer(this.#topic)
      await consumer.setMessageListener((message) => this.told(readAdvisory(message)))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#session?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  protected abstract told(advisory: Advisory): void
}

/**
 * The destinations of a broker, as they come and go; what is there already is told first. (Model behaviour:
 * DestinationSource.) Needs a started connection, and the right to read advisories.
 *
 *     const source = new DestinationSource(connection).on('added', (destination) => console.log(String(destination)))
 *     await source.start()
 */
export class DestinationSource extends AdvisorySource<DestinationSourceEvents> {
  readonly #known = new Map<string, Destination>()

  constructor(connection: Connection) {
    super(connection, destinationAdvisories('Queue', 'Topic', 'TempQueue', 'TempTopic'))
  }

  /** What is known to be there now. */
  get destinations(): Destination[] {
    return [...this.#known.values()]
  }

  protected override told(advisory: Advisory): void {
    if (advisory.kind !== 'destination') return
    const { change, destination } = advisory
    const key = destination.toString()
    if (change === 'removed') this.#known.delete(key)
    else if (this.#known.has(key)) return
    else this.#known.set(key, destination)
    this.emit(change, destination)
  }
}

/** Consumers, or producers, of a destination as they come and go, while the source is open. */
export interface EndpointSourceEvents {
  /** One more; `count` are there now. */
  started: { readonly id: string; readonly count: number }
  stopped: { readonly id: string; readonly count: number }
}

/** Tells how many of something one destination has. */
class EndpointSource extends AdvisorySource<EndpointSourceEvents> {
  readonly destination: Destination
  /** As the broker said last; 0 before it said anything. */
  count = 0

  constructor(connection: Connection, destination: Destination, what: 'Consumer' | 'Producer') {
    super(connection, advisoryTopic(what, destination))
    this.destination = destination
  }

  protected override told(advisory: Advisory): void {
    if (advisory.kind !== 'consumer' && advisory.kind !== 'producer') return
    const { id, count, change } = advisory
    this.count = count
    this.emit(change === 'added' ? 'started' : 'stopped', { id, count })
  }
}

/**
 * The consumers of one destination, as they come and go; those that are there already are told first. (Model behaviour:
 * ConsumerEventSource.) Needs a started connection, and the right to read advisories.
 */
export class ConsumerEventSource extends EndpointSource {
  constructor(connection: Connection, destination: Destination) {
    super(connection, destination, 'Consumer')
  }
}

/** The same of producers that have a destination of their own. (Model behaviour: ProducerEventSource.) */
export class ProducerEventSource extends EndpointSource {
  constructor(connection: Connection, destination: Destination) {
    super(connection, destination, 'Producer')
  }
}
