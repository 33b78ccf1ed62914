import { LazyMap, MillraceError } from '@millrace/base'
import type { Broker } from '../../core/broker.ts'
import { Destination, DestinationKind, NAME_LENGTH_MAX } from '../../message/destination.ts'
import { printable } from './parser.ts'

/*
 *   /queue/NAME               queue NAME
 *   /topic/NAME               topic NAME
 *   /temp-queue/NAME          a temporary queue of this connection, made when it is first named
 *   /temp-topic/NAME          the same, a topic
 *   /remote-temp-queue/ID     a temporary queue of anybody, by its real name
 *   /remote-temp-topic/ID     the same, a topic
 *
 *   NAME, queue://NAME, …     as OpenWire writes it: without a kind a queue
 *
 * Several of them, with commas between, are a composite. Model behaviour.
 */

interface Prefix {
  readonly text: string
  readonly kind: DestinationKind
  /** Only this connection knows it by that name. */
  readonly own: boolean
}

const PREFIXES: readonly Prefix[] = [
  { text: '/queue/', kind: DestinationKind.Queue, own: false },
  { text: '/topic/', kind: DestinationKind.Topic, own: false },
  { text: '/temp-queue/', kind: DestinationKind.TempQueue, own: true },
  { text: '/temp-topic/', kind: DestinationKind.TempTopic, own: true },
  { text: '/remote-temp-queue/', kind: DestinationKind.TempQueue, own: false },
  { text: '/remote-temp-topic/', kind: DestinationKind.TempTopic, own: false },
]

/** How destinations begin that are not ours, by kind. */
const OUTER: Readonly<Record<DestinationKind, string>> = {
  [DestinationKind.Queue]: '/queue/',
  [DestinationKind.Topic]: '/topic/',
  [DestinationKind.TempQueue]: '/remote-temp-queue/',
  [DestinationKind.TempTopic]: '/remote-temp-topic/',
}

/** So many names are remembered by one connection, then they are forgotten all at once. */
const NAMES_MAX = 1000

export interface TemporaryMaker {
  /** Throws when it cannot be. */
  makeTemporary(destination: Destination): void
}

/** What destinations are called by one connection. */
export class DestinationNames {
  readonly #broker: Broker
  readonly #connectionId: string
  readonly #maker: TemporaryMaker
  readonly #known = new LazyMap<string, Destination>()
  #lastText = ''
  #last: Destination | null = null
  /** Temporary destinations of this connection, by the name that it gave them, and the other way round. */
  readonly #temporaries = new LazyMap<string, Destination>()
  readonly #aliases = new LazyMap<string, string>()

  constructor(broker: Broker, connectionId: string, maker: TemporaryMaker) {
    this.#broker = broker
    this.#connectionId = connectionId
    this.#maker = maker
  }

  /** Throws DESTINATION_INVALID, and for a temporary one what is against making it. */
  read(text: string): Destination {
    if (text === this.#lastText && this.#last !== null) return this.#last
    let destination = this.#known.get(text)
    if (destination === undefined) {
      destination = this.#parse(text)
      if (text.length > NAME_LENGTH_MAX) return destination
      if (this.#known.size >= NAMES_MAX) this.#known.clear()
      this.#known.set(text, destination)
    }
    this.#lastText = text
    this.#last = destination
    return destination
  }

  /** What an answer is to be sent to; null: a name of another system, which only its sender understands. */
  readReplyTo(text: string): Destination | null {
    const trimmed = text.trim()
    return PREFIXES.some((prefix) => trimmed.startsWith(prefix.text)) ? this.read(text) : null
  }

  /** As this connection calls it. */
  write(destination: Destination): string {
    if (!destination.composite) return this.#writePart(destination)
    return destination
      .parts()
      .map((part) => this.#writePart(part))
      .join(',')
  }

  #writePart(destination: Destination): string {
    const alias = destination.temporary ? this.#aliases.get(destination.text) : undefined
    return alias ?? OUTER[destination.kind] + destination.name
  }

  #parse(text: string): Destination {
    if (!text.includes(',')) return this.#parsePart(text)
    const parts = text
      .split(',')
      .filter((part) => part.trim() !== '')
      .map((part) => this.#parsePart(part))
    const [first] = parts
    if (first === undefined) throw invalid(text)
    if (parts.length === 1) return first
    return new Destination(first.kind, parts.map((part) => part.text).join(','))
  }

  #parsePart(text: string): Destination {
    const trimmed = text.trim()
    for (const { text: prefix, kind, own } of PREFIXES) {
      if (!trimmed.startsWith(prefix)) continue
      const name = trimmed.slice(prefix.length)
      if (own) return this.#temporary(kind, name, trimmed)
      return this.#broker.pathSeparator?.destination(kind, name) ?? new Destination(kind, name)
    }
    // The model takes these for queues, too; a kind that it does not know is nearly always a slip.
    if (trimmed === '' || trimmed.startsWith('/')) throw invalid(text)
    const { kind, name } = Destination.parse(trimmed)
    return this.#broker.pathSeparator?.destination(kind, name) ?? new Destination(kind, name)
  }

  /** The same name is the same destination for the life of the connection. */
  #temporary(kind: DestinationKind, name: string, alias: string): Destination {
    if (name === '' || name.length > NAME_LENGTH_MAX) throw invalid(alias)
    const known = this.#temporaries.get(alias)
    if (known !== undefined) return known
    const destination = new Destination(kind, `${this.#connectionId}:${this.#temporaries.size + 1}`)
    this.#maker.makeTemporary(destination)
    this.#temporaries.set(alias, destination)
    this.#aliases.set(destination.text, alias)
    return destination
  }
}

function invalid(text: string): MillraceError {
  return new MillraceError(
    'DESTINATION_INVALID',
    `"${printable(text.slice(0, 100))}" is no destination: it has to begin with /queue/, /topic/, /temp-queue/ or /temp-topic/`,
  )
}
