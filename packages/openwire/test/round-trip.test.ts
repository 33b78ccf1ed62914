import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ByteReader, ByteWriter, type Random, seededRandom } from '@millrace/base'
import { type DataStructure, WireFormat, type WireFormatOptions } from '../src/index.ts'
import { make, propertiesOf, schemaOf, STRUCTURE_NAMES, toFields } from './fixtures.ts'

const SEED = Number(process.env['MILLRACE_SEED'] ?? 31)

const TEXTS = ['', 'a', 'orders.new', 'ID:mill-1-2-3:1', 'ünï', '世界 🚀', 'nul\u0000', '<\ud800>', 'x'.repeat(300)]
const LONGS = [0, 1, -1, 0xffff, 0x10000, 0xffffffff, 0x1_0000_0000, 2 ** 53 - 1, -(2 ** 53) + 1]
const BIG_LONGS = [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 0x1234_5678_9abc_def0n]
const GROUPS: Record<string, readonly string[]> = {
  ActiveMQDestination: ['ActiveMQQueue', 'ActiveMQTopic', 'ActiveMQTempQueue', 'ActiveMQTempTopic'],
  TransactionId: ['LocalTransactionId', 'XATransactionId'],
  Message: ['ActiveMQMessage', 'ActiveMQTextMessage', 'ActiveMQBytesMessage', 'ActiveMQMapMessage'],
  BooleanExpression: ['NetworkBridgeFilter'],
  DataStructure: ['ConnectionId', 'SessionId', 'ConsumerId', 'ProducerId'],
}

/** A structure with anything in it that its version can carry. */
class Maker {
  readonly #random: Random
  readonly #version: number
  readonly #stackTraces: boolean

  constructor(random: Random, version: number, stackTraces: boolean) {
    this.#random = random
    this.#version = version
    this.#stackTraces = stackTraces
  }

  structure(name: string, depth = 0): DataStructure {
    const it = make(name)
    for (const property of propertiesOf(name, this.#version)) {
      const value = this.#value(property, depth)
      ;(it as unknown as Record<string, unknown>)[property.name] = value
    }
    return it
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random(from.length)] as T
  }

  #value(property: { name: string; type: string; of?: string; size?: number }, depth: number): unknown {
    const { type, of } = property
    switch (type) {
      case 'boolean':
        return this.#random(2) === 1
      case 'byte':
        return this.#random(256) - 128
      case 'int':
        return this.#pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), this.#random(2 ** 31)])
      case 'long':
        return this.#random(5) === 0 ? this.#pick(BIG_LONGS) : this.#pick(LONGS)
      case 'const-bytes':
        return Buffer.from(Array.from({ length: property.size ?? 0 }, () => this.#random(256)))
      default:
        break
    }
    if (this.#random(3) === 0 || depth > 3) return null
    switch (type) {
      case 'string':
        return this.#pick(TEXTS)
      case 'bytes':
        return Buffer.from(Array.from({ length: this.#random(20) }, () => this.#random(256)))
      case 'throwable':
        return this.#throwable(0)
      case 'object':
      case 'cached-object':
        return this.#object(of ?? '', depth + 1)
      default:
        assert.equal(type, 'object-array')
        return Array.from({ length: this.#random(4) }, () =>
          this.#random(4) === 0 ? null : this.#object(of ?? '', depth + 1),
        )
    }
  }

  #object(of: string, depth: number): DataStructure {
    const names = (GROUPS[of] ?? [of]).filter((name) => schemaOf(name).since <= this.#version)
    return this.structure(this.#pick(names), depth)
  }

  #throwable(depth: number): unknown {
    const stackTrace = Array.from({ length: this.#random(3) }, () => ({
      className: this.#pick(TEXTS),
      methodName: this.#pick(TEXTS),
      fileName: this.#random(2) === 0 ? null : this.#pick(TEXTS),
      lineNumber: this.#random(100) - 2,
    }))
    return {
      className: this.#pick(TEXTS),
      message: this.#random(3) === 0 ? null : this.#pick(TEXTS),
      stackTrace: this.#stackTraces ? stackTrace : null,
      cause: this.#stackTraces && depth < 3 && this.#random(2) === 0 ? this.#throwable(depth + 1) : null,
    }
  }
}

for (const tightEncodingEnabled of [false, true]) {
  for (const cacheEnabled of [false, true]) {
    const mode = `${tightEncodingEnabled ? 'tight' : 'loose'} ${cacheEnabled ? 'cached' : 'uncached'}`
    it(`reads what it wrote, ${mode}, every structure in every version`, (context) => {
      context.diagnostic(`MILLRACE_SEED=${SEED}`)
      const random = seededRandom(SEED)
      for (let version = 1; version <= 12; version++) {
        const options: WireFormatOptions = {
          version,
          tightEncodingEnabled,
          cacheEnabled,
          cacheSize: [0, 100, 120, 1024][random(4)] as number,
          stackTraceEnabled: random(2) === 0,
          sizePrefixDisabled: false,
          maxFrameSize: 10_000_000,
        }
        const maker = new Maker(random, version, options.stackTraceEnabled)
        const writing = new WireFormat(options)
        const reading = new WireFormat(options)
        const again = new WireFormat(options)
        for (const name of STRUCTURE_NAMES) {
          if (schemaOf(name).since > version) continue
          for (let i = 0; i < 6; i++) {
            const structure = maker.structure(name)
            const writer = new ByteWriter(1 + random(64))
            writing.marshal(structure, writer)
            const bytes = writer.take()
            const read = reading.unmarshal(new ByteReader(bytes, 4))
            assert.deepEqual(toFields(read, version), toFields(structure, version), `version ${version} ${name}`)
            again.marshal(read, writer)
            assert.deepEqual(writer.take(), bytes, `version ${version} ${name}`)
          }
        }
      }
    })
  }
}
