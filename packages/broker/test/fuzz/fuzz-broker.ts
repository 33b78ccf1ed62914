import assert from 'node:assert/strict'
import { ManualClock, silentLogger, Turn } from '@millrace/base'
import { Broker, defaultLimits } from '../../src/core/broker.ts'
import { PeerConnection } from '../../src/net/connection.ts'
import { Connections } from '../../src/net/connections.ts'
import type { Connector } from '../../src/net/connector.ts'
import { webSocketsOnly } from '../../src/net/http-handler.ts'
import type { Link, LinkOwner } from '../../src/net/link.ts'
import { outputDefaults } from '../../src/net/output.ts'
import { Web } from '../../src/net/web.ts'
import { StompProtocol } from '../../src/protocol/stomp/protocol.ts'
import { MemoryStore } from '../../src/store/memory.ts'

/** A connector without anything in front of the protocol. */
const STOMP: Connector = { text: 'fuzz', protocols: [new StompProtocol()], connectionsMax: 5000 }

/** What is kept of what the broker says. */
const SAID_MAX = 64 * 1024

/** Carries the bytes of a peer that is a program, within a call. */
export class FuzzLink implements Link {
  /** What the broker has said and nobody has looked at, as far as it is kept. */
  said = ''
  /** No more is taken than one piece. */
  deaf = false
  closed = false
  owner: LinkOwner | null = null
  #held = false

  open(owner: LinkOwner): void {
    this.owner = owner
  }

  send(chunk: Buffer): boolean {
    this.said = (this.said + chunk.toString('utf8')).slice(-SAID_MAX)
    this.#held = this.deaf
    return !this.deaf
  }

  pause(): void {}
  resume(): void {}

  /** The peer takes what was sent. */
  take(): void {
    if (!this.#held) return
    this.#held = false
    this.owner?.taken()
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.owner?.gone(null)
  }

  /** What was said since this was last asked. */
  heard(): string {
    const { said } = this
    this.said = ''
    return said
  }
}

/** A broker whose clock and turns are in hand, and one well-behaved client. */
export class FuzzBroker {
  readonly clock: ManualClock = new ManualClock()
  readonly mistakes: unknown[] = []
  readonly broker: Broker
  readonly connections: Connections
  readonly #turn: Turn
  #ends: (() => void)[] = []
  readonly #links = new Set<PeerConnection>()
  #steady = new FuzzLink()
  #served = 0

  private constructor() {
    // Sockets begin turns of their own; who hands over bytes within a call can end them at once.
    this.#turn = new Turn((end) => {
      this.#ends.push(end)
      if (this.#ends.length === 1) setImmediate(() => this.run())
    })
    const { clock } = this
    const turn = this.#turn
    const limits = { ...defaultLimits, scheduledMax: 200, destinationsMax: 2000, producersRememberedMax: 500 }
    const store = new MemoryStore(turn)
    const log = silentLogger
    this.broker = new Broker({ name: 'fuzz', id: 'ID:fuzz-1-1-0:1', store, turn, clock, log, limits })
    const web = new Web(webSocketsOnly, log)
    this.connections = new Connections(this.#host(), 5000, () => Promise.resolve(web))
  }

  static async open(): Promise<FuzzBroker> {
    const world = new FuzzBroker()
    await world.broker.open()
    world.#steady = world.link()
    world.say(world.#steady, 'CONNECT\naccept-version:1.2\nhost:here\n\n\0')
    world.say(world.#steady, 'SUBSCRIBE\nid:s\nack:client-individual\ndestination:/queue/steady\n\n\0')
    assert.match(world.#steady.heard(), /^CONNECTED\n/)
    return world
  }

  /** A peer that speaks STOMP. */
  link(): FuzzLink {
    const link = new FuzzLink()
    const peer = { address: 'peer', connector: 'fuzz', acceptedAt: this.clock.monotonic() }
    const connection = new PeerConnection(link, peer, STOMP, this.#host(), {
      // Everybody who breaks the rules is let go at once: there are hundreds a second here.
      holds: () => false,
      gone: (gone) => this.#links.delete(gone),
    })
    this.#links.add(connection)
    connection.open(STOMP.protocols, null)
    return link
  }

  say(link: FuzzLink, bytes: Buffer | string): void {
    if (!link.closed) link.owner?.received(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    this.run()
  }

  /** Ends turns until nothing is left to do. */
  run(): void {
    for (let left = 100_000; this.#ends.length > 0; left--) {
      assert.ok(left > 0, 'the broker never comes to rest')
      const ends = this.#ends
      this.#ends = []
      for (const end of ends) end()
    }
  }

  pass(ms: number): void {
    this.clock.advance(ms)
    this.broker.tick()
    for (const connection of this.#links) connection.tick(this.clock.monotonic())
    this.connections.tick(this.clock.monotonic())
    this.run()
  }

  /** The well-behaved client is served, nothing is held to be the broker's own mistake, and what others left is gone. */
  async check(): Promise<void> {
    // What was asked for later, for turns that were ended at once, goes.
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(this.mistakes, [])
    await this.#clear()
    const steady = this.#steady
    const text = `message ${++this.#served}`
    this.say(steady, `SEND\ndestination:/queue/steady\nreceipt:r\n\n${text}\0`)
    const said = steady.heard()
    assert.ok(said.includes('RECEIPT\nreceipt-id:r\n'), `no receipt: ${JSON.stringify(said)}`)
    const [, id = ''] = /\nack:(.*)\n/.exec(said) ?? []
    assert.ok(said.includes(`\n\n${text}\0`), `no message: ${JSON.stringify(said)}`)
    this.say(steady, `ACK\nid:${id}\nreceipt:a\n\n\0`)
    assert.equal(steady.heard(), 'RECEIPT\nreceipt-id:a\n\n\0\n')
    assert.equal(this.#links.size, 1)
    assert.equal(this.connections.count, 0)
    assert.equal(this.broker.connections.size, 1)
  }

  async close(): Promise<void> {
    for (const connection of this.#links) connection.destroy()
    await this.broker.close()
  }

  /** Peers are gone; queues, subscriptions and what is scheduled stay for ever, as they should. */
  async #clear(): Promise<void> {
    const { broker } = this
    const reply = { done: () => {} }
    for (const { clientId, name } of broker.durables.list())
      await this.#finished(broker.durables.delete(clientId, name))
    // What was due for its turn gets it, or it would come back.
    this.run()
    for (const target of [...broker.destinations.all]) {
      if (target.consumers === 0) broker.destinations.delete(target, reply)
    }
    this.run()
  }

  async #finished<T>(promise: Promise<T>): Promise<T> {
    this.run()
    return promise
  }

  #host() {
    return {
      broker: this.broker,
      turn: this.#turn,
      clock: this.clock,
      log: silentLogger,
      output: outputDefaults,
      detectionMsMax: 30_000,
      mistake: (error: unknown): void => void this.mistakes.push(error),
    }
  }
}
