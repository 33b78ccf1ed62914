import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  ActiveMQTempQueue,
  ConnectionId,
  type DataStructure,
  DataType,
  DestinationInfo,
  type OpenWireMessage,
  ProducerInfo,
} from '@millrace/openwire'
import { BrokerService } from '../../src/service.ts'
import { essence, Keys, preloaded, recording, RECORDINGS, type Step } from './recording.ts'
import { queue, RawClient } from './raw-client.ts'

/*
 * The client's side of each recorded conversation is sent to Millrace, frame by frame; what comes back must mean what
 * the reference broker said. Order among what the broker says is not compared: it is not promised.
 */

/** Where Millrace says something else, or nothing, and why. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'network-bridge-duplex': { skip: 'duplex bridges are refused: nothing here serves the other direction' },
  // Where a broker listens is said differently. A consumer of a pattern gets the present state too, not only one that
  // names the topic of the connections: its own connection, that is.
  advisories: {
    unsaid: (recorded) => recorded.includes('ActiveMQ.Advisory.MasterBroker'),
    extra: (ours) =>
      ours.endsWith('ActiveMQ.Advisory.Connection advisory ConnectionInfo') ||
      ours.includes('ActiveMQTopic:ActiveMQ.Advisory.MasterBroker redelivered 0 ActiveMQMessage'),
  },
  // A producer may be made for a temporary destination that is gone; its first message is refused.
  errors: {
    unsaid: (recorded) => recorded === 'ExceptionResponse 7 org.apache.activemq.DestinationDoesNotExistException',
    extra: (ours) => ours === 'Response 7',
  },
}

interface Difference {
  readonly skip?: string
  /** The recorded broker says this, we do not. */
  readonly unsaid?: (recorded: string) => boolean
  /** We say this, the recorded broker does not. */
  readonly extra?: (ours: string) => boolean
}

/** The recordings were made at this time; messages in them expire soon after. */
const RECORDED_AT = 1_795_398_960_000

/** A frame that does not come within this is missing. Only a failing test waits. */
const MISSING_MS = 4_000

class Replay {
  readonly clock: ManualClock
  readonly address: string
  readonly #steps: readonly Step[]
  readonly #difference: Difference
  readonly #links = new Map<number, RawClient>()
  readonly #keys = new Keys()
  readonly #others = new Map<string, RawClient>()

  constructor(name: string, address: string, clock: ManualClock) {
    this.#steps = recording(name)
    this.#difference = DIFFERENCES[name] ?? {}
    this.address = address
    this.clock = clock
  }

  async run(): Promise<void> {
    await this.#preload(preloaded(this.#steps))
    for (const step of this.#steps) {
      if (step.kind === 'note') await this.#act(step.note)
      else if (step.kind === 'closed') await this.#close(step.link, step.from)
      else if (step.from === 'client') await this.#say(step.link, step.structure)
      else if (step.structure.dataType !== DataType.WireFormatInfo) await this.#expect(step.link, step.structure)
    }
    for (const other of this.#others.values()) await other.vanish()
    for (const client of this.#links.values()) {
      const extra = client.received.map(essence).filter((one) => this.#difference.extra?.(one) !== true)
      assert.deepEqual(extra, [], 'said by Millrace, not by the reference')
    }
  }

  async #say(link: number, structure: DataStructure): Promise<void> {
    if (structure.dataType === DataType.WireFormatInfo) {
      const client = await RawClient.open(this.address, structure)
      this.#links.set(link, client)
      client.put(structure)
      // The recorded side had it before it said more.
      await client.greeted
      return
    }
    if (structure.dataType === DataType.MessageAck) {
      for (const id of [structure.firstMessageId, structure.lastMessageId]) {
        if (id !== null) id.brokerSequenceId = this.#keys.translate(id.brokerSequenceId)
      }
    }
    if (structure.dataType === DataType.RemoveInfo) {
      structure.lastDeliveredSequenceId = this.#keys.translate(structure.lastDeliveredSequenceId)
    }
    this.#client(link).put(structure)
  }

  async #expect(link: number, recorded: DataStructure): Promise<void> {
    const expected = essence(recorded)
    if (this.#difference.unsaid?.(expected) === true) return
    const client = this.#client(link)
    await this.#time(client, recorded)
    const ours = await this.#within(client, expected)
    if (recorded.dataType === DataType.MessageDispatch && ours.dataType === DataType.MessageDispatch) {
      this.#keys.learn(recorded.message?.messageId ?? null, ours.message?.messageId ?? null)
    }
  }

  /** What a broker says only after a while. */
  async #time(client: RawClient, recorded: DataStructure): Promise<void> {
    if (recorded.dataType === DataType.MessageDispatch && recorded.message === null) {
      await client.barrier()
      this.clock.advance(400)
    }
    if (recorded.dataType === DataType.KeepAliveInfo) {
      // The echo counts as something said, so the next third of the limit passes in silence.
      await client.barrier()
      this.clock.advance(600)
    }
  }

  #within(client: RawClient, expected: string): Promise<DataStructure> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`missing: ${expected}\ngot: ${client.received.map(essence).join('\n     ')}`))
      }, MISSING_MS)
      client
        .find((one) => essence(one) === expected)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
  }

  async #close(link: number, from: 'client' | 'broker'): Promise<void> {
    const client = this.#client(link)
    if (from === 'client') client.socket.end()
    await client.closed
  }

  #client(link: number): RawClient {
    const client = this.#links.get(link)
    assert.ok(client, `link ${link} is open`)
    return client
  }

  async #preload(messages: readonly OpenWireMessage[]): Promise<void> {
    const senders = new Map<string, RawClient>()
    for (const message of messages) {
      const id = message.producerId
      assert.ok(id?.connectionId)
      let sender = senders.get(id.connectionId)
      if (sender === undefined) {
        sender = await RawClient.greet(this.address)
        await sender.introduce(`preload ${senders.size}`, id.connectionId)
        sender.send(sender.session(1))
        senders.set(id.connectionId, sender)
      }
      const info = new ProducerInfo()
      info.producerId = id
      await sender.ask(info)
      const sequence = message.messageId?.brokerSequenceId ?? 0
      if (message.messageId !== null) message.messageId.brokerSequenceId = 0
      await sender.ask(message)
      if (message.messageId !== null) message.messageId.brokerSequenceId = sequence
    }
    for (const sender of senders.values()) await sender.leave()
  }

  /** What others do meanwhile. */
  async #act(note: string): Promise<void> {
    switch (note) {
      case 'a consumer appears on far': {
        const other = await this.#other('other')
        await other.ask(other.consumer(1, queue('over')))
        return
      }
      case 'the consumer on far goes': {
        const other = await this.#other('other')
        await other.ask(other.remove(other.consumerId(1), -2))
        return
      }
      case 'another client connects, consumes, produces, uses a temporary queue and leaves': {
        const other = await this.#other('other')
        await other.ask(other.consumer(1, queue('jobs')))
        await other.ask(other.producer(1, queue('jobs')))
        const info = new DestinationInfo()
        info.connectionId = new ConnectionId()
        info.connectionId.value = other.connectionId
        info.destination = new ActiveMQTempQueue()
        info.destination.physicalName = `${other.connectionId}:1`
        await other.ask(info)
        await other.leave()
        this.#others.delete('other')
        return
      }
      default:
    }
  }

  async #other(name: string): Promise<RawClient> {
    const known = this.#others.get(name)
    if (known !== undefined) return known
    const made = await RawClient.connect(this.address, name)
    this.#others.set(name, made)
    return made
  }
}

for (const encoding of ['loose', 'tight and cached'] as const) {
  const options = encoding === 'loose' ? '' : '?wireFormat.tightEncodingEnabled=true&wireFormat.cacheEnabled=true'
  describe(`recorded conversations, ${encoding}`, () => {
    for (const name of RECORDINGS) {
      test(name, { skip: DIFFERENCES[name]?.skip ?? false }, async () => {
        const clock = new ManualClock(RECORDED_AT)
        const service = new BrokerService({
          memory: true,
          listen: [`openwire://127.0.0.1:0${options}`],
          vmName: null,
          clock,
        })
        await service.start()
        try {
          await new Replay(name, service.addresses[0] ?? '', clock).run()
        } finally {
          await service.stop()
        }
      })
    }
  })
}
