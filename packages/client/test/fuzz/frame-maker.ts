import { readFileSync } from 'node:fs'
import type { Random } from '@millrace/base'
import * as openwire from '@millrace/openwire'
import {
  type ConsumerId,
  type DataArrayResponse,
  type DataResponse,
  type DataStructure,
  DataType,
  type ExceptionResponse,
  type IntegerResponse,
  type ProducerId,
  type Response,
} from '@millrace/openwire'

/*
 * Structures with anything in them that the schema allows, and with what the client is waiting for more often than
 * chance would have it: numbers of its commands, ids of its consumers and producers.
 */

interface Property {
  readonly name: string
  readonly type: string
  readonly of?: string
  readonly size?: number
  readonly since: number
  readonly until?: number
}

interface Structure {
  readonly name: string
  readonly parent: string | null
  readonly abstract?: boolean
  readonly since: number
  readonly typeCode?: number
  readonly properties: readonly Property[]
}

const SCHEMA = new URL('../../../../openwire/schema.json', import.meta.url)
const { structures } = JSON.parse(readFileSync(SCHEMA, 'utf8')) as { structures: Structure[] }
const byName = new Map(structures.map((one) => [one.name, one]))
const NAMES = Object.keys(DataType).filter((name) => byName.has(name))
const MESSAGES = NAMES.filter((name) => /^ActiveMQ\w*Message$/.test(name))

/** What brokers say to clients. */
const EXPECTED: readonly string[] = [
  ...['MessageDispatch', 'MessageDispatch', 'MessageDispatch', 'Response', 'Response', 'ExceptionResponse'],
  ...['IntegerResponse', 'DataResponse', 'DataArrayResponse', 'ProducerAck', 'ConnectionError', 'ConsumerControl'],
  ...['ConnectionControl', 'BrokerInfo', 'KeepAliveInfo', 'ShutdownInfo', 'WireFormatInfo'],
]

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  ActiveMQDestination: ['ActiveMQQueue', 'ActiveMQTopic', 'ActiveMQTempQueue', 'ActiveMQTempTopic'],
  TransactionId: ['LocalTransactionId', 'XATransactionId'],
  Message: MESSAGES,
  BooleanExpression: ['NetworkBridgeFilter'],
  DataStructure: ['ConnectionId', 'SessionId', 'ConsumerId', 'ProducerId', 'XATransactionId', 'ConsumerInfo'],
}

const TEXTS = ['', 'a', 'Q', 'topic://T', 'ID:x-1:1', '世界 🚀', '<\ud800>', 'x'.repeat(300), 'tcp://127.0.0.1:1', '1']
const CLASSES = [
  ...['java.io.IOException', 'javax.jms.JMSException', 'jakarta.jms.InvalidClientIDException', 'x.Unknown', ''],
  ...['java.lang.SecurityException', 'javax.jms.TransactionRolledBackException', 'javax.transaction.xa.XAException'],
]
const LONGS = [0, 1, -1, 0xffff, 0x1_0000_0000, 2 ** 53 - 1, -(2 ** 53) + 1, 2n ** 63n - 1n, -(2n ** 63n)]
const INTS = [0, 1, 2, 3, -1, 2 ** 31 - 1, -(2 ** 31)]

type Reply = Response | ExceptionResponse | DataResponse | DataArrayResponse | IntegerResponse

/** What the client has said and a broker would speak of. */
export interface Known {
  readonly consumers: ConsumerId[]
  readonly producers: ProducerId[]
  /** Numbers of its latest commands. */
  readonly commandIds: number[]
}

export class FrameMaker {
  readonly #random: Random
  readonly #version: number
  readonly #known: Known

  constructor(random: Random, version: number, known: Known) {
    this.#random = random
    this.#version = version
    this.#known = known
  }

  /** A command, mostly one that a broker may send. */
  command(): DataStructure {
    const name = this.#random(8) === 0 ? this.#pick(NAMES) : this.#pick(EXPECTED)
    const since = byName.get(name)?.since ?? 1
    const command = this.structure(since > this.#version ? 'MessageDispatch' : name)
    const consumer = this.#known.consumers.length === 0 ? null : this.#pick(this.#known.consumers)
    const producer = this.#known.producers.length === 0 ? null : this.#pick(this.#known.producers)
    const mostly = this.#random(8) > 0
    if (isReply(command) && mostly) command.correlationId = this.#pick([...this.#known.commandIds, 0])
    if ('consumerId' in command && mostly) command.consumerId = consumer
    if (command.dataType === DataType.ProducerAck && mostly) command.producerId = producer
    // Closing every consumer with the first control would leave little to look at.
    if (command.dataType === DataType.ConsumerControl && mostly) command.close = false
    if (command.dataType === DataType.MessageDispatch && mostly && command.message === null) {
      command.message = this.structure(this.#pick(MESSAGES), 1) as openwire.OpenWireMessage
    }
    return command
  }

  structure(name: string, depth = 0): DataStructure {
    const made = make(name)
    for (const property of propertiesOf(name, this.#version)) {
      // Not for reflection elsewhere: this is the one place where a structure is filled by the names of its fields.
      ;(made as unknown as Record<string, unknown>)[property.name] = this.#value(property, depth)
    }
    return made
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random(from.length)] as T
  }

  #bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.#random(256)))
  }

  #value({ name, type, of, size }: Property, depth: number): unknown {
    switch (type) {
      case 'boolean':
        return this.#random(name === 'responseRequired' ? 10 : 2) === 1
      case 'byte':
        return this.#random(256) - 128
      case 'int':
        return this.#random(2) === 0 ? this.#pick(INTS) : this.#random(2 ** 31)
      case 'long':
        return this.#pick(LONGS)
      case 'const-bytes':
        return this.#bytes(size ?? 0)
      default:
        break
    }
    if (this.#random(3) === 0 || depth > 3) return null
    switch (type) {
      case 'string':
        return this.#pick(TEXTS)
      case 'bytes':
        return this.#bytes(this.#random(40))
      case 'throwable':
        return { className: this.#pick(CLASSES), message: this.#pick([null, ...TEXTS]), stackTrace: null, cause: null }
      case 'object-array':
        return Array.from({ length: this.#random(4) }, () => this.#object(of ?? '', depth + 1))
      default:
        return this.#object(of ?? '', depth + 1)
    }
  }

  #object(of: string, depth: number): DataStructure {
    const names = (GROUPS[of] ?? [of]).filter((one) => (byName.get(one)?.since ?? 1) <= this.#version)
    return this.structure(this.#pick(names), depth)
  }
}

function isReply(command: DataStructure): command is Reply {
  return command.dataType >= DataType.Response && command.dataType <= DataType.IntegerResponse
}

function make(name: string): DataStructure {
  const made = (openwire as unknown as Record<string, new () => DataStructure>)[name]
  if (made === undefined) throw new Error(`no structure ${name}`)
  return new made()
}

function propertiesOf(name: string, version: number): readonly Property[] {
  const found: Property[] = []
  for (let at = byName.get(name); at !== undefined; at = byName.get(at.parent ?? '')) found.unshift(...at.properties)
  return found.filter((one) => one.since <= version && version <= (one.until ?? version))
}
