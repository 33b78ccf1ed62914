import { type Random, seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Acknowledgement, AckKind } from '../../src/core/broker.ts'
import { at, type Client, type Received, type TestConsumer, type TestReply, World } from './world.ts'

const STEPS = 1500
/** `MILLRACE_SEED=7` repeats one, `MILLRACE_SEEDS=1000` looks at more. */
const { MILLRACE_SEED, MILLRACE_SEEDS } = process.env
const seeds = MILLRACE_SEED === undefined ? [...Array(Number(MILLRACE_SEEDS ?? 24)).keys()] : [Number(MILLRACE_SEED)]

const QUEUES = ['A', 'B', 'C']
const TOPIC = 'topic://T'
const TYPES = ['red', 'green', 'blue']

/** What the test knows of one message. */
interface Sent {
  readonly text: string
  readonly destination: string
  readonly producer: string
  readonly number: number
  readonly persistent: boolean
  readonly type: string
  /** Settled: acknowledged and answered, per place it was in. */
  readonly settled: Set<string>
  state: 'asked' | 'accepted' | 'refused'
  /** Consumers at places where it was delivered already. */
  readonly delivered: Set<string>
  /** Durable subscriptions that were there and wanted it when it was sent. */
  durables: string[]
  readonly places: string[]
}

interface OpenTransaction {
  readonly id: string
  readonly sent: Sent[]
  readonly acknowledged: { actor: Actor; one: Received; order: number; place: string }[]
}

/** A consumer, and what it was given and did not settle, in the order it came. */
class Actor {
  readonly consumer: TestConsumer
  readonly place: string
  readonly selector: string | null
  readonly held: { one: Received; order: number }[] = []
  readonly newest = new Map<string, number>()
  closed = false

  constructor(consumer: TestConsumer, place: string, selector: string | null) {
    this.consumer = consumer
    this.place = place
    this.selector = selector
  }
}

class User {
  readonly client: Client
  readonly actors: Actor[] = []
  transaction: OpenTransaction | null = null
  constructor(client: Client) {
    this.client = client
  }
}

class Model {
  readonly world: World
  readonly random: Random
  readonly sent = new Map<string, Sent>()
  readonly users: User[] = []
  /** Durable subscriptions by place, with the type they want. */
  readonly durables = new Map<string, string | null>()
  readonly pending: { reply: TestReply; then: (code: string | null) => void }[] = []
  #numbers = 0
  #order = 0
  #transactions = 0

  constructor(world: World, random: Random) {
    this.world = world
    this.random = random
  }

  step(): void {
    const user = this.users[this.random(Math.max(1, this.users.length))]
    const dice = this.random(100)
    if (user === undefined || (dice < 2 && this.users.length < 5)) this.connect()
    else if (dice < 40) this.send(user)
    else if (dice < 46) this.consume(user)
    else if (dice < 72) this.acknowledge(user)
    else if (dice < 75) this.close(user)
    else if (dice < 76) this.crash(user)
    else if (dice < 86) this.transact(user)
    else if (dice < 90) this.pull(user)
    else if (dice < 97) this.world.step()
    else this.world.run()
    if (this.random(20) === 0) this.world.broker.tick()
    this.look()
  }

  connect(): void {
    this.users.push(new User(this.world.connect({ clientId: `client-${this.#numbers++}` })))
  }

  send(user: User): void {
    const destination = this.random(4) === 0 ? TOPIC : (QUEUES[this.random(QUEUES.length)] as string)
    const persistent = this.random(3) > 0
    const type = TYPES[this.random(TYPES.length)] as string
    const number = ++this.#numbers
    const text = `${user.client.connection.id}/${number}`
    const sent: Sent = {
      text,
      destination,
      // Order is promised within one way of sending: what waits for space is overtaken by transactions.
      producer: `${user.client.connection.id} ${persistent} ${user.transaction !== null}`,
      number,
      persistent,
      type,
      settled: new Set(),
      state: 'asked',
      delivered: new Set(),
      durables: [],
      places: [],
    }
    this.sent.set(text, sent)
    const { transaction } = user
    const reply = user.client.post(destination, text, {
      persistent,
      type,
      size: this.random(10) === 0 ? 4000 : 10,
      ...(transaction === null ? {} : { transaction: transaction.id }),
    })
    if (transaction !== null) {
      assert.equal(reply.code, null)
      transaction.sent.push(sent)
      return
    }
    this.noteDurables(sent)
    this.await(reply, (code) => {
      sent.state = code === null ? 'accepted' : 'refused'
    })
  }

  /** A parked send is seen by durable subscriptions that come before it is sent: only what is certain is noted. */
  noteDurables(sent: Sent): void {
    if (sent.destination !== TOPIC) return
    for (const [place, type] of this.durables) if (type === null || type === sent.type) sent.durables.push(place)
  }

  consume(user: User): void {
    if (user.actors.length >= 4) return
    const prefetch = [0, 1, 2, 5, 50][this.random(5)] as number
    const type = this.random(3) === 0 ? (TYPES[this.random(TYPES.length)] as string) : null
    const selector = type === null ? null : `JMSType = '${type}'`
    if (this.random(6) === 0) {
      const name = `d${this.random(2)}`
      const place = `${user.client.connection.clientId}:${name}`
      if (user.actors.some((actor) => actor.place === place)) return
      // Another selector would begin a new subscription: it keeps the one it has.
      const wanted = this.durables.has(place) ? (this.durables.get(place) as string | null) : type
      const durable = wanted === null ? null : `JMSType = '${wanted}'`
      const consumer = user.client.consumeLater(TOPIC, { prefetch, selector: durable, durableName: name })
      this.durables.set(place, wanted)
      user.actors.push(new Actor(consumer, place, wanted))
    } else {
      const queue = QUEUES[this.random(QUEUES.length)] as string
      user.actors.push(new Actor(user.client.consumeLater(queue, { prefetch, selector }), queue, type))
    }
  }

  acknowledge(user: User): void {
    const actor = user.actors[this.random(Math.max(1, user.actors.length))]
    if (actor === undefined || actor.held.length === 0) return
    const dice = this.random(10)
    if (dice < 5) {
      this.settle(user, actor, this.random(actor.held.length), 1, AckKind.Individual)
    } else if (dice < 9) {
      this.settle(user, actor, 0, 1 + this.random(actor.held.length), AckKind.Standard)
    } else if (this.random(2) === 0) {
      this.settle(user, actor, this.random(actor.held.length), 1, AckKind.Poison)
    } else {
      const kind = this.random(2) === 0 ? AckKind.Delivered : AckKind.Redelivered
      const count = 1 + this.random(actor.held.length)
      this.acknowledgeRange(actor, 0, count, kind, null)
    }
  }

  settle(user: User, actor: Actor, from: number, count: number, kind: AckKind): void {
    const transaction = kind === AckKind.Poison || this.random(3) > 0 ? null : user.transaction
    const reply = this.acknowledgeRange(actor, from, count, kind, transaction?.id ?? null)
    const range = actor.held.splice(from, count)
    if (transaction !== null) {
      assert.equal(reply.code, null)
      for (const { one, order } of range) transaction.acknowledged.push({ actor, one, order, place: actor.place })
      return
    }
    this.await(reply, (code) => {
      assert.equal(code, null)
      for (const { one } of range) {
        const sent = this.sent.get(one.text) as Sent
        sent.settled.add(actor.place)
        if (kind === AckKind.Poison && sent.persistent) sent.places.push('ActiveMQ.DLQ')
      }
    })
  }

  acknowledgeRange(actor: Actor, from: number, count: number, kind: AckKind, transactionId: string | null): TestReply {
    const first = actor.held[from]?.one as Received
    const last = actor.held[from + count - 1]?.one as Received
    const ack: Acknowledgement = {
      kind,
      first: kind === AckKind.Individual ? 0 : this.random(2) === 0 && from === 0 ? 0 : first.key,
      last: last.key,
      count,
      transactionId,
      cause: 'test',
    }
    const reply = this.world.reply()
    this.world.broker.acknowledge(actor.consumer.subscription, ack, reply)
    return reply
  }

  close(user: User): void {
    const at = this.random(Math.max(1, user.actors.length))
    const actor = user.actors[at]
    if (actor === undefined) return
    user.actors.splice(at, 1)
    actor.closed = true
    const key = actor.held[this.random(Math.max(1, actor.held.length))]?.one.key ?? -1
    this.world.broker.removeConsumer(actor.consumer.subscription, [key, -1, -2][this.random(3)] as number)
  }

  crash(user: User): void {
    this.users.splice(this.users.indexOf(user), 1)
    for (const actor of user.actors) actor.closed = true
    for (const sent of user.transaction?.sent ?? []) sent.state = 'refused'
    this.world.broker.removeConnection(user.client.connection)
  }

  transact(user: User): void {
    const { transaction } = user
    if (transaction === null) {
      const id = `T${++this.#transactions}`
      user.client.begin(id)
      user.transaction = { id, sent: [], acknowledged: [] }
      return
    }
    user.transaction = null
    const reply = this.world.reply()
    if (this.random(3) > 0) {
      for (const sent of transaction.sent) this.noteDurables(sent)
      this.world.broker.commit(user.client.connection, transaction.id, reply)
      this.await(reply, (code) => {
        if (code !== null) {
          // Its connection went while the commit waited for space.
          this.undo(transaction)
          return
        }
        for (const sent of transaction.sent) sent.state = 'accepted'
        for (const { one, place } of transaction.acknowledged) this.sent.get(one.text)?.settled.add(place)
      })
    } else {
      this.world.broker.rollback(user.client.connection, transaction.id, reply)
      this.await(reply, (code) => assert.equal(code, null))
      this.undo(transaction)
    }
  }

  undo(transaction: OpenTransaction): void {
    for (const sent of transaction.sent) sent.state = 'refused'
    for (const { actor, one, order } of transaction.acknowledged) {
      if (actor.closed) continue
      actor.held.push({ one, order })
      actor.held.sort((a, b) => a.order - b.order)
    }
  }

  pull(user: User): void {
    const actor = user.actors[this.random(Math.max(1, user.actors.length))]
    if (actor === undefined) return
    this.world.broker.pull(actor.consumer.subscription, [-1, 0, 300][this.random(3)] as number)
  }

  await(reply: TestReply, then: (code: string | null) => void): void {
    this.pending.push({ reply, then })
    this.look()
  }

  /** Looks at what was answered and delivered since the last time. */
  look(): void {
    for (let i = 0; i < this.pending.length; i++) {
      const { reply, then } = this.pending[i] as (typeof this.pending)[0]
      if (reply.code === undefined) continue
      this.pending.splice(i, 1)
      i--
      then(reply.code)
    }
    for (const user of this.users) {
      for (const actor of user.actors) {
        for (const one of actor.consumer.takeAll()) {
          this.check(actor, one)
          actor.held.push({ one, order: ++this.#order })
        }
      }
    }
  }

  check(actor: Actor, one: Received): void {
    const sent = this.sent.get(one.text)
    assert.ok(sent !== undefined, 'nobody sent it')
    assert.notEqual(sent.state, 'refused', `${one.text} was refused or rolled back`)
    assert.ok(!sent.settled.has(actor.place), `${one.text} was acknowledged at ${actor.place} and is back`)
    if (actor.selector !== null) assert.equal(sent.type, actor.selector)
    assert.ok(
      actor.held.every((other) => other.one.text !== one.text),
      `${one.text} is delivered to a consumer that has it`,
    )
    if (sent.delivered.has(actor.place)) return
    sent.delivered.add(actor.place)
    const key = `${sent.producer} ${sent.destination}`
    const newest = actor.newest.get(key) ?? 0
    assert.ok(sent.number > newest, `${one.text} comes after ${newest}`)
    actor.newest.set(key, sent.number)
  }

  /** Everybody leaves; then what is left is exactly what was accepted and not settled. */
  finish(): void {
    for (const user of this.users.slice()) {
      if (user.transaction !== null) this.transact(user)
    }
    for (let i = 0; i < 50; i++) this.world.pass(100)
    this.look()
    for (const user of this.users.slice()) this.crash(user)
    this.world.run()
    this.look()
    for (let i = 0; i < 50; i++) this.world.pass(100)
    this.look()
    const client = this.world.connect()
    for (const queue of [...QUEUES, 'ActiveMQ.DLQ']) {
      const expected = [...this.sent.values()]
        .filter((one) =>
          queue === 'ActiveMQ.DLQ'
            ? one.places.includes(queue)
            : one.destination === queue && one.state === 'accepted' && !one.settled.has(queue),
        )
        .flatMap((one) => (queue === 'ActiveMQ.DLQ' ? one.places.map(() => one.text) : [one.text]))
      const texts = client.consume(queue, { prefetch: 7 }).drain()
      assert.deepEqual(texts.toSorted(), expected.toSorted(), `what is left in ${queue}`)
      assert.equal(this.world.broker.queue(at(queue))?.count, 0)
    }
    client.crash()
    for (const [place, type] of this.durables) {
      const [clientId, name] = place.split(':') as [string, string]
      const owner = this.world.connect({ clientId })
      const selector = type === null ? null : `JMSType = '${type}'`
      const texts = owner.consume(TOPIC, { prefetch: 7, durableName: name, selector }).drain()
      const expected = [...this.sent.values()].filter(
        (one) => one.state === 'accepted' && one.durables.includes(place) && !one.settled.has(place),
      )
      for (const one of expected) assert.ok(texts.includes(one.text), `${one.text} is lost for ${place}`)
      for (const text of texts) {
        const one = this.sent.get(text) as Sent
        assert.ok(one.state === 'accepted' && !one.settled.has(place), `${text} is too much for ${place}`)
      }
      owner.crash()
    }
    assert.ok(
      this.world.replies.every((reply) => reply.code !== undefined),
      'every request is answered',
    )
    assert.equal(this.world.broker.usage.memoryBytes, 0)
    assert.equal(this.world.broker.usage.uncommittedBytes, 0)
    assert.equal(this.world.broker.usage.storingBytes, 0)
  }
}

for (const seed of seeds) {
  test(`whatever happens, nothing is lost, doubled or out of order (seed ${seed})`, async () => {
    const world = await World.open({
      // Small, so that everything is reached.
      limits: {
        windowCountMax: 6,
        windowBytesMax: 30_000,
        dispatchMax: 5,
        memoryBytesMax: 120_000,
        parkedBytesMax: 20_000,
      },
    })
    const model = new Model(world, seededRandom(seed))
    for (let i = 0; i < STEPS; i++) model.step()
    model.finish()
  })
}
