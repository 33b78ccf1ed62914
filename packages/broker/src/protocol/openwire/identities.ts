import { MillraceError } from '@millrace/base'
import {
  ActiveMQQueue,
  ActiveMQTempQueue,
  ActiveMQTempTopic,
  ActiveMQTopic,
  DataType,
  type Destination as WireDestination,
  type LocalTransactionId,
  parseProducerId,
  parseTransactionId,
  type ProducerId,
  type TransactionId as WireTransactionId,
  transactionIdText,
  XATransactionId,
} from '@millrace/openwire'
import type { PathSeparator } from '../../core/broker.ts'
import { Destination, DestinationKind } from '../../message/destination.ts'
import { type Xid, xidText } from '../../message/xid.ts'

/*
 * The broker knows producers, transactions and destinations by text or by object, the wire by structures of several
 * fields. Each frame brings new structures for the same few things, so what was translated last is kept.
 */

export type { WireDestination, WireTransactionId }

/** So many names of one kind are remembered by one conversation, then they are forgotten all at once. */
const NAMES_MAX = 1000

/** OpenWire's type codes of destinations are 100 to 103, in the order of our kinds. */
const KIND_OFFSET = 99

export class Identities {
  readonly #pathSeparator: PathSeparator | null
  readonly #destinations: readonly Map<string, Destination>[] = [new Map(), new Map(), new Map(), new Map()]
  #name = ''
  #nameType = 0
  #destination: Destination | null = null
  readonly #producerIds = new Map<string, ProducerId>()
  #producerText = ''
  #producerId: ProducerId | null = null
  #localValue: LocalTransactionId['value'] = 0
  #localConnection = ''
  #localText = ''
  #sentInText = ''
  #sentIn: WireTransactionId | null = null

  constructor(pathSeparator: PathSeparator | null = null) {
    this.#pathSeparator = pathSeparator
  }

  /** Throws DESTINATION_INVALID. */
  destination(it: WireDestination | null): Destination {
    const name = it?.physicalName ?? null
    if (it === null || name === null) throw new MillraceError('DESTINATION_INVALID', 'no destination was given')
    if (name === this.#name && it.dataType === this.#nameType) return this.#destination as Destination
    const kind = (it.dataType - KIND_OFFSET) as DestinationKind
    const known = this.#destinations[kind - 1] as Map<string, Destination>
    let found = known.get(name)
    if (found === undefined) {
      found = this.#pathSeparator?.destination(kind, name) ?? new Destination(kind, name)
      if (known.size >= NAMES_MAX) known.clear()
      known.set(name, found)
    }
    this.#name = name
    this.#nameType = it.dataType
    this.#destination = found
    return found
  }

  /** The structure for a producer that is known by its text; null for one that no OpenWire client was. */
  producerId(text: string): ProducerId | null {
    if (text === this.#producerText) return this.#producerId
    let id = this.#producerIds.get(text) ?? null
    if (id === null) {
      id = parseProducerId(text)
      if (this.#producerIds.size >= NAMES_MAX) this.#producerIds.clear()
      if (id !== null) this.#producerIds.set(text, id)
    }
    this.#producerText = text
    this.#producerId = id
    return id
  }

  /** The text by which the broker knows a transaction. */
  transactionText(id: WireTransactionId): string {
    if (id.dataType === DataType.XATransactionId) return xidText(readXid(id))
    const connection = id.connectionId?.value ?? ''
    if (id.value === this.#localValue && connection === this.#localConnection) return this.#localText
    this.#localValue = id.value
    this.#localConnection = connection
    this.#localText = transactionIdText(id)
    return this.#localText
  }

  /** The structure for the transaction that a message was sent in; null for a distributed one. */
  transactionId(text: string): WireTransactionId | null {
    if (text === this.#sentInText) return this.#sentIn
    this.#sentInText = text
    this.#sentIn = parseTransactionId(text)
    return this.#sentIn
  }
}

export function readXid(id: XATransactionId): Xid {
  return {
    formatId: id.formatId,
    globalTransactionId: Buffer.from(id.globalTransactionId ?? []),
    branchQualifier: Buffer.from(id.branchQualifier ?? []),
  }
}

export function writeXid(xid: Xid): XATransactionId {
  const id = new XATransactionId()
  id.formatId = xid.formatId
  id.globalTransactionId = xid.globalTransactionId
  id.branchQualifier = xid.branchQualifier
  return id
}

const structures = new WeakMap<Destination, WireDestination>()

/** One structure per destination object, for all conversations. */
export function writeDestination(destination: Destination): WireDestination {
  const known = structures.get(destination)
  if (known !== undefined) return known
  const made = structureOf(destination.kind)
  made.physicalName = destination.name
  structures.set(destination, made)
  return made
}

export function writeDestinationOrNull(destination: Destination | null): WireDestination | null {
  return destination === null ? null : writeDestination(destination)
}

function structureOf(kind: DestinationKind): WireDestination {
  switch (kind) {
    case DestinationKind.Queue:
      return new ActiveMQQueue()
    case DestinationKind.Topic:
      return new ActiveMQTopic()
    case DestinationKind.TempQueue:
      return new ActiveMQTempQueue()
    case DestinationKind.TempTopic:
      return new ActiveMQTempTopic()
  }
}

export function sameProducer(a: ProducerId, b: ProducerId): boolean {
  return a.value === b.value && a.sessionId === b.sessionId && a.connectionId === b.connectionId
}
