import assert from 'node:assert/strict'
import { type MillraceError, type Random, seededRandom } from '@millrace/base'
import { Destination, DestinationKind } from '../message/destination.ts'
import { Message, MessageKind } from '../message/message.ts'
import type { Schedule } from '../message/schedule.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type { DurableRecord, Operation, Paged, QueueStore, Recovery, Store, Stored } from './store.ts'

/**
 * What every store is held to. `test` is `it` of node:test or anything like it; `create` makes an open store that is
 * empty. Engines that survive the end of the process can be opened again and are asked more.
 */
export interface Harness {
  readonly store: Store
  readonly recovered: Recovered
  /** Opens what is left: after `close`, or after the process was killed. Null: this engine forgets. */
  readonly reopen: ((how: 'closed' | 'killed') => Promise<Harness>) | null
  /** Closes it and removes what it left. */
  end(): Promise<void>
}

export type SuiteTest = (name: string, body: () => Promise<void>) => unknown

/** What a store told when it was opened. */
export class Recovered implements Recovery {
  readonly queues: Map<string, { store: QueueStore; keyFirst: number; keyLast: number }> = new Map()
  readonly durables: DurableRecord[] = []
  readonly branches: { xid: Xid; operations: readonly Operation[] }[] = []
  readonly producers: Map<string, number> = new Map()
  /** `producer:sequence` */
  readonly refusals: string[] = []
  keyLast = -1

  queue(store: QueueStore, keyFirst: number, keyLast: number): void {
    assert.ok(!this.queues.has(store.name), 'each queue is told once')
    this.queues.set(store.name, { store, keyFirst, keyLast })
  }

  durable(record: DurableRecord): void {
    this.durables.push(record)
  }

  prepared(xid: Xid, operations: readonly Operation[]): void {
    this.branches.push({ xid, operations })
  }

  producer(producerId: string, sequence: number): void {
    this.producers.set(producerId, sequence)
  }

  refused(producerId: string, sequence: number): void {
    this.refusals.push(`${producerId}:${sequence}`)
  }

  keys(keyLast: number): void {
    assert.equal(this.keyLast, -1, 'the keys are told once')
    this.keyLast = keyLast
  }
}

/** A waiter with a promise, and with what it was told. */
export class Told implements Stored {
  readonly awaited = true
  readonly errors: (MillraceError | null)[] = []
  readonly told: Promise<MillraceError | null>
  #resolve: (error: MillraceError | null) => void = () => {}

  constructor() {
    this.told = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  stored(error: MillraceError | null): void {
    this.errors.push(error)
    this.#resolve(error)
  }

  async safe(): Promise<void> {
    assert.equal(await this.told, null)
  }
}

/** Hands over with a waiter and waits until it is safe. */
export async function safely(action: (waiter: Stored) => void): Promise<void> {
  const waiter = new Told()
  action(waiter)
  await waiter.safe()
}

export function readPage(
  queue: QueueStore,
  afterKey: number,
  countMax: number,
): Promise<{ page: readonly Paged[]; last: boolean }> {
  return new Promise((resolve) => {
    queue.page(afterKey, countMax, { paged: (page, last) => resolve({ page, last }) })
  })
}

export async function readAll(queue: QueueStore, countMax = 100): Promise<readonly Paged[]> {
  const all: Paged[] = []
  for (let after = 0; ; ) {
    const { page, last } = await readPage(queue, after, countMax)
    all.push(...page)
    const end = page[page.length - 1]
    if (last || end === undefined) return all
    after = end.key
  }
}

export async function keysOf(queue: QueueStore): Promise<number[]> {
  return (await readAll(queue)).map(({ key }) => key)
}

export function messageOf(sequence: number, body = `body ${sequence}`, producerId = 'ID:suite-1:1:1'): Message {
  const message = new Message(new Destination(DestinationKind.Queue, 'SUITE'), producerId, sequence)
  message.kind = MessageKind.Text
  message.persistent = true
  message.body = Buffer.from(body)
  message.own()
  return message
}

const TEXTS = ['', 'plain', 'Grüße', '混合', 'half \ud800 a pair', '\0', 'ÿ'.repeat(300), '€'.repeat(200)] as const

/** A message whose every field has some value. */
export function randomMessage(random: Random, sequence: number, bodyMax = 2000): Message {
  const text = (): string => TEXTS[random(TEXTS.length)] as string
  const textOrNull = (): string | null => (random(2) === 0 ? null : text())
  const destination = (): Destination =>
    new Destination((1 + random(4)) as DestinationKind, `D.${random(5)}.${text().trim()}x`)
  const bytesOrNull = (max: number): Buffer | null => {
    if (random(4) === 0) return null
    const bytes = Buffer.alloc(random(max))
    for (let i = 0; i < bytes.length; i++) bytes[i] = random(256)
    return bytes
  }
  const message = new Message(destination(), `ID:h-${random(3)}:1:${text()}`, sequence)
  message.kind = random(7) as MessageKind
  message.originalDestination = random(2) === 0 ? null : destination()
  message.textId = textOrNull()
  message.persistent = true
  message.priority = random(10)
  message.expiration = random(2) === 0 ? 0 : 1_700_000_000_000 + random(1_000_000)
  message.timestamp = random(3) === 0 ? -1 : 1_700_000_000_000 + random(1_000_000)
  message.brokerInTime = 2 ** 53 + 2
  message.correlationId = textOrNull()
  message.replyTo = random(2) === 0 ? null : destination()
  message.type = textOrNull()
  message.groupId = textOrNull()
  message.groupSequence = random(10) - 5
  message.userId = textOrNull()
  message.transactionId = textOrNull()
  message.compressed = random(2) === 0
  message.properties = bytesOrNull(100)
  message.body = bytesOrNull(bodyMax)
  message.blob = random(4) > 0 ? null : { url: textOrNull(), mimeType: textOrNull(), deletedByBroker: random(2) === 0 }
  message.schedule = random(4) > 0 ? null : randomSchedule(random, text, textOrNull)
  message.own()
  return message
}

function randomSchedule(random: Random, text: () => string, textOrNull: () => string | null): Schedule {
  return {
    id: text(),
    key: textOrNull(),
    dueMs: 1_700_000_000_000 + random(1_000_000),
    delayMs: random(1_000_000),
    periodMs: 2 ** 40 + random(1000),
    repeats: random(5) - 1,
    cron: textOrNull(),
    zone: textOrNull(),
  }
}

/** Every field that a store keeps. */
export function assertSameMessage(actual: Message, expected: Message): void {
  const fields = (message: Message): Record<string, unknown> => ({
    ...Object.fromEntries(Object.entries(message)),
    destination: message.destination.text,
    originalDestination: message.originalDestination?.text ?? null,
    replyTo: message.replyTo?.text ?? null,
    properties: message.properties?.toString('hex') ?? null,
    body: message.body?.toString('hex') ?? null,
    advisory: null,
    targetConsumerId: null,
  })
  assert.deepEqual(fields(actual), fields(expected))
}

function xidOf(number: number): Xid {
  return {
    formatId: 7,
    globalTransactionId: Buffer.from(`global ${number}`),
    branchQualifier: Buffer.from([number, 0, 255]),
  }
}

/** A destination name never has blanks around it. */
const DURABLE: DurableRecord = {
  clientId: 'client',
  name: 'sub 1',
  destination: new Destination(DestinationKind.Topic, 'NEWS.>'),
  selector: "kind = 'Grüße'",
  noLocal: true,
}

export function storeSuite(test: SuiteTest, create: () => Promise<Harness>): void {
  const withStore = (name: string, body: (harness: Harness) => Promise<void>): void => {
    test(name, async () => {
      const harness = await create()
      try {
        await body(harness)
      } finally {
        await harness.end()
      }
    })
  }

  withStore('a new store tells of nothing but its keys', ({ recovered }) => {
    assert.equal(recovered.queues.size + recovered.durables.length + recovered.branches.length, 0)
    assert.equal(recovered.producers.size, 0)
    assert.equal(recovered.keyLast, 0)
    return Promise.resolve()
  })

  withStore('a waiter is told in a later turn, once', async ({ store }) => {
    const queue = store.queue('queue://A')
    const waiters = [new Told(), new Told(), new Told(), new Told(), new Told(), new Told(), new Told(), new Told()]
    const next = waiters.values()
    const waiter = (): Told => next.next().value as Told
    queue.add(messageOf(1), 1, waiter())
    queue.remove(1, waiter())
    store.commit([{ kind: 'add', queue, message: messageOf(2), key: 2 }], waiter())
    store.prepare(xidOf(1), [{ kind: 'add', queue, message: messageOf(3), key: 3 }], waiter())
    store.finish(xidOf(1), true, waiter())
    store.addDurable(DURABLE, waiter())
    store.removeDurable(DURABLE.clientId, DURABLE.name, waiter())
    queue.delete(waiter())
    for (const each of waiters) assert.deepEqual(each.errors, [])
    for (const each of waiters) await each.safe()
    store.tick()
    await safely((last) => store.commit([], last))
    for (const each of waiters) assert.deepEqual(each.errors, [null])
  })

  withStore('waiters are told in the order of the calls', async ({ store }) => {
    const a = store.queue('queue://A')
    const b = store.queue('queue://B')
    const order: number[] = []
    const waiter = (number: number): Stored => ({ awaited: true, stored: () => order.push(number) })
    for (let i = 0; i < 200; i += 5) {
      a.add(messageOf(i), i + 1, waiter(i))
      b.add(messageOf(i), i + 1, waiter(i + 1))
      a.remove(12_345, waiter(i + 2))
      store.commit([], waiter(i + 3))
      store.commit([{ kind: 'remove', queue: b, key: i + 1 }], waiter(i + 4))
    }
    await safely((last) => a.remove(1, last))
    assert.deepEqual(
      order,
      Array.from({ length: 200 }, (_, i) => i),
    )
  })

  withStore(
    'what is added late is safe when its waiter is told, and not behind what comes later',
    async ({ store }) => {
      const queue = store.queue('queue://A')
      const order: string[] = []
      const waiter = (name: string): Stored => ({ stored: (error) => order.push(`${name} ${error?.code ?? 'stored'}`) })
      queue.addLate(messageOf(1), 1, waiter('one'))
      queue.addLate(messageOf(2), 2, waiter('two'))
      assert.equal(queue.count, 2)
      assert.deepEqual(order, [])
      await safely((last) => queue.add(messageOf(3), 3, last))
      assert.deepEqual(order, ['one stored', 'two stored'])
      queue.addLate(messageOf(4), 4, waiter('four'))
      await safely((last) => store.commit([], last))
      assert.deepEqual(order.slice(2), ['four stored'])
      queue.addLate(messageOf(5), 5, null)
      assert.deepEqual(await keysOf(queue), [1, 2, 3, 4, 5])
      queue.addLate(messageOf(6), 6, waiter('six'))
      await safely((last) => queue.delete(last))
      assert.deepEqual(order.slice(3), ['six stored'])
    },
  )

  withStore('what is added late and removed is told of once, in a later turn', async ({ store }) => {
    const queue = store.queue('queue://A')
    const [added, removed, other] = [new Told(), new Told(), new Told()]
    queue.addLate(messageOf(1), 1, added)
    queue.addLate(messageOf(2), 2, other)
    queue.remove(1, removed)
    queue.addLate(messageOf(3), 3, null)
    queue.remove(3, null)
    for (const waiter of [added, removed, other]) assert.deepEqual(waiter.errors, [])
    for (const waiter of [added, removed, other]) await waiter.safe()
    assert.deepEqual(await keysOf(queue), [2])
    store.tick()
    await safely((last) => store.commit([], last))
    for (const waiter of [added, removed, other]) assert.deepEqual(waiter.errors, [null])
  })

  withStore('a name leads to one queue', async ({ store }) => {
    assert.equal(store.queue('queue://A'), store.queue('queue://A'))
    assert.notEqual(store.queue('queue://A'), store.queue('queue://B'))
    assert.equal(store.queue('durable://c:sub').name, 'durable://c:sub')
    await safely((waiter) => store.queue('queue://A').add(messageOf(1), 1, waiter))
    assert.equal(store.queue('queue://B').count, 0)
  })

  withStore('the count holds what is not yet safe', async ({ store }) => {
    const queue = store.queue('queue://A')
    queue.add(messageOf(1), 1, null)
    queue.add(messageOf(2), 2, null)
    assert.equal(queue.count, 2)
    queue.remove(1, null)
    assert.equal(queue.count, 1)
    await safely((waiter) => queue.remove(2, waiter))
    assert.equal(queue.count, 0)
  })

  withStore('a page has the messages above a key, in order, and says whether more follow', async ({ store }) => {
    const queue = store.queue('queue://A')
    for (let key = 10; key <= 100; key += 10) queue.add(messageOf(key), key, null)
    queue.remove(40, null)
    const first = await readPage(queue, 0, 4)
    assert.deepEqual(
      first.page.map(({ key }) => key),
      [10, 20, 30, 50],
    )
    assert.equal(first.last, false)
    assert.equal(first.page[3]?.message.body?.toString(), 'body 50')
    const second = await readPage(queue, 55, 5)
    assert.deepEqual(
      second.page.map(({ key }) => key),
      [60, 70, 80, 90, 100],
    )
    assert.equal(second.last, true)
    assert.deepEqual(await readPage(queue, 100, 5), { page: [], last: true })
    assert.deepEqual(await readPage(store.queue('queue://EMPTY'), 0, 5), { page: [], last: true })
  })

  withStore('a page comes in a later turn, after the waiters of what it shows', async ({ store }) => {
    const queue = store.queue('queue://A')
    const waiter = new Told()
    queue.add(messageOf(1), 1, waiter)
    let paged = false
    const done = new Promise<void>((resolve) => {
      queue.page(0, 10, {
        paged(page) {
          paged = true
          assert.deepEqual(waiter.errors, [null])
          assert.equal(page.length, 1)
          resolve()
        },
      })
    })
    assert.equal(paged, false)
    await done
  })

  withStore('a page shows what nobody waited for', async ({ store }) => {
    const queue = store.queue('queue://A')
    queue.add(messageOf(1), 1, null)
    assert.deepEqual(await keysOf(queue), [1])
  })

  withStore('every field comes back as it was', async ({ store }) => {
    const random = seededRandom(1)
    const queue = store.queue('queue://A')
    const messages = Array.from({ length: 200 }, (_, i) => randomMessage(random, i + 1))
    for (const [i, message] of messages.entries()) queue.add(message, i + 1, null)
    const all = await readAll(queue, 30)
    assert.equal(all.length, messages.length)
    for (const [i, { message }] of all.entries()) assertSameMessage(message, messages[i] as Message)
  })

  withStore('bodies larger than any buffer come back', async ({ store }) => {
    const random = seededRandom(2)
    const queue = store.queue('queue://A')
    const messages = [10, 100_000, 3_000_000, 5, 700_000].map((size, i) => {
      const message = messageOf(i + 1, '')
      message.body = Buffer.alloc(size)
      for (let at = 0; at < size; at += 97) message.body[at] = random(256)
      return message
    })
    for (const [i, message] of messages.entries()) queue.add(message, i + 1, null)
    const all = await readAll(queue, 10)
    for (const [i, { message }] of all.entries()) assertSameMessage(message, messages[i] as Message)
    assert.equal(all.length, 5)
  })

  withStore('a key that is not there is removed without complaint', async ({ store }) => {
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    await safely((waiter) => queue.remove(2, waiter))
    await safely((waiter) => queue.remove(1, waiter))
    await safely((waiter) => queue.remove(1, waiter))
    assert.equal(queue.count, 0)
  })

  withStore('a commit does all of its operations', async ({ store }) => {
    const a = store.queue('queue://A')
    const b = store.queue('queue://B')
    await safely((waiter) => a.add(messageOf(1), 1, waiter))
    await safely((waiter) =>
      store.commit(
        [
          { kind: 'remove', queue: a, key: 1 },
          { kind: 'add', queue: a, message: messageOf(2), key: 2 },
          { kind: 'add', queue: b, message: messageOf(3), key: 3 },
        ],
        waiter,
      ),
    )
    assert.deepEqual([await keysOf(a), await keysOf(b)], [[2], [3]])
  })

  withStore('one message in several queues is independent in each', async ({ store }) => {
    const queues = ['durable://c:1', 'durable://c:2', 'durable://c:3'].map((name) => store.queue(name))
    const message = randomMessage(seededRandom(3), 1)
    const operations: Operation[] = queues.map((queue, i) => ({ kind: 'add', queue, message, key: 5 + i }))
    await safely((waiter) => store.commit(operations, waiter))
    await safely((waiter) => (queues[0] as QueueStore).remove(5, waiter))
    for (const [i, queue] of queues.entries()) {
      const all = await readAll(queue)
      assert.equal(all.length, i === 0 ? 0 : 1)
      for (const paged of all) {
        assert.equal(paged.key, 5 + i)
        assertSameMessage(paged.message, message)
      }
    }
  })

  withStore('a prepared branch changes nothing until it is finished', async ({ store }) => {
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    const operations: Operation[] = [
      { kind: 'remove', queue, key: 1 },
      { kind: 'add', queue, message: messageOf(2), key: 2 },
    ]
    await safely((waiter) => store.prepare(xidOf(1), operations, waiter))
    assert.deepEqual(await keysOf(queue), [1])
    // A key above those of the branch is stored before it is finished.
    await safely((waiter) => queue.add(messageOf(3), 3, waiter))
    await safely((waiter) => store.finish(xidOf(1), true, waiter))
    assert.deepEqual(await keysOf(queue), [2, 3])
  })

  withStore('a branch that is rolled back leaves nothing', async ({ store }) => {
    const queue = store.queue('queue://A')
    await safely((waiter) => store.prepare(xidOf(1), [{ kind: 'add', queue, message: messageOf(1), key: 1 }], waiter))
    await safely((waiter) => store.finish(xidOf(1), false, waiter))
    await safely((waiter) => store.finish(xidOf(1), true, waiter))
    assert.deepEqual(await keysOf(queue), [])
  })

  withStore('a deleted queue is gone, and its name is free', async ({ store }) => {
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 3; key++) queue.add(messageOf(key), key, null)
    await safely((waiter) => queue.delete(waiter))
    assert.equal(queue.count, 0)
    const late = new Told()
    queue.add(messageOf(4), 4, late)
    assert.equal((await late.told)?.code, 'DESTINATION_UNKNOWN')
    const inCommit = new Told()
    store.commit([{ kind: 'add', queue, message: messageOf(5), key: 5 }], inCommit)
    assert.equal((await inCommit.told)?.code, 'DESTINATION_UNKNOWN')
    assert.equal(queue.count, 0)
    const again = store.queue('queue://A')
    assert.equal(again.count, 0)
    await safely((waiter) => again.add(messageOf(9), 9, waiter))
    assert.deepEqual(await keysOf(again), [9])
  })

  withStore(
    'everything handed over is told before the store is closed, and nothing is taken afterwards',
    async ({ store }) => {
      const queue = store.queue('queue://A')
      const waiter = new Told()
      queue.add(messageOf(1), 1, waiter)
      await store.close()
      assert.deepEqual(waiter.errors, [null])
      const late = new Told()
      queue.remove(1, late)
      assert.equal((await late.told)?.code, 'BROKER_STOPPING')
    },
  )

  withStore('usage grows with what is stored', async ({ store }) => {
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    assert.ok(store.usage.bytes > 0)
    assert.equal(store.usage.full, false)
  })

  withStore('what is spilled is read like anything else, and counted by itself until it is gone', async ({ store }) => {
    const queues = ['overflow://1', 'queue://A'].map((name) => store.queue(name))
    for (const queue of queues) {
      const message = messageOf(2)
      message.persistent = true
      queue.spill(messageOf(1), 1, null)
      queue.add(message, 2, null)
      await safely((waiter) => queue.spill(message, 3, waiter))
      assert.deepEqual(await keysOf(queue), [1, 2, 3])
      assertSameMessage((await readPage(queue, 1, 1)).page[0]?.message as Message, message)
      const { spilledBytes } = store.usage
      assert.ok(spilledBytes > 0)
      await safely((waiter) => queue.remove(1, waiter))
      assert.ok(store.usage.spilledBytes < spilledBytes)
      await safely((waiter) => queue.delete(waiter))
      assert.equal(store.usage.spilledBytes, 0)
    }
  })

  test('a random history gives what a plain map gives (seed 20240817)', async () => {
    const random = seededRandom(20_240_817)
    const harness = await create()
    try {
      await randomHistory(harness, random, 2_000, false)
    } finally {
      await harness.end()
    }
  })

  storeSuiteReopened(test, create)
}

/** Random operations against a model; `reopening`: with stops and crashes in between. Returns the last harness. */
export async function randomHistory(
  start: Harness,
  random: Random,
  steps: number,
  reopening: boolean,
): Promise<Harness> {
  let harness = start
  const names = ['queue://A', 'queue://B', 'durable://c:s']
  const model = new Map<string, Map<number, Message>>(names.map((name) => [name, new Map()]))
  const branches = new Map<number, readonly Operation[]>()
  let key = 0
  let last: Told | null = null
  const contents = (name: string): Map<number, Message> => model.get(name) as Map<number, Message>
  const name = (): string => names[random(names.length)] as string
  const anyKey = (of: string): number => {
    const keys = [...contents(of).keys()]
    return keys.length === 0 || random(10) === 0 ? random(key + 2) : (keys[random(Math.min(keys.length, 20))] as number)
  }
  const waiter = (): Told | null => {
    if (random(3) === 0) return null
    last = new Told()
    return last
  }
  const operations = (): Operation[] => {
    const list: Operation[] = []
    const shared = randomMessage(random, key + 1, 300)
    for (let i = random(5); i >= 0; i--) {
      const of = name()
      const queue = harness.store.queue(of)
      if (random(3) === 0) list.push({ kind: 'remove', queue, key: anyKey(of) })
      else {
        const message = random(2) === 0 ? shared : randomMessage(random, key + 1, 300)
        list.push({ kind: 'add', queue, message, key: ++key })
      }
    }
    return list
  }
  const apply = (list: readonly Operation[]): void => {
    for (const operation of list) {
      if (operation.kind === 'add') contents(operation.queue.name).set(operation.key, operation.message)
      else contents(operation.queue.name).delete(operation.key)
    }
  }
  const check = async (): Promise<void> => {
    for (const of of names) {
      const expected = [...contents(of)].sort(([a], [b]) => a - b)
      const all = await readAll(harness.store.queue(of), 1 + random(50))
      assert.deepEqual(
        all.map((paged) => paged.key),
        expected.map(([each]) => each),
        of,
      )
      assert.equal(harness.store.queue(of).count, expected.length)
      for (const [i, { message }] of all.entries()) assertSameMessage(message, expected[i]?.[1] as Message)
    }
  }
  for (let step = 0; step < steps; step++) {
    const { store } = harness
    const action = random(100)
    const of = name()
    if (action < 45) {
      const message = randomMessage(random, ++key, random(10) === 0 ? 5_000 : 300)
      if (random(3) === 0) store.queue(of).addLate(message, key, waiter())
      else store.queue(of).add(message, key, waiter())
      contents(of).set(key, message)
    } else if (action < 78) {
      const removed = anyKey(of)
      store.queue(of).remove(removed, waiter())
      contents(of).delete(removed)
    } else if (action < 86) {
      const list = operations()
      store.commit(list, waiter())
      apply(list)
    } else if (action < 89) {
      const list = operations()
      store.prepare(xidOf(step), list, waiter())
      branches.set(step, list)
    } else if (action < 92 && branches.size > 0) {
      const [number, list] = [...branches][random(branches.size)] as [number, readonly Operation[]]
      const committed = random(2) === 0
      store.finish(xidOf(number), committed, waiter())
      branches.delete(number)
      if (committed) apply(list)
    } else if (action < 93) {
      store.queue(of).delete(waiter())
      contents(of).clear()
      // Operations that were prepared on it are void: finish them first, as the core does.
      for (const [number] of branches) store.finish(xidOf(number), false, null)
      branches.clear()
    } else if (action < 96) {
      store.tick()
      if (last !== null) await (last as Told).safe()
    } else if (action < 97) {
      await check()
    }
    if (branches.size >= 100) {
      for (const [number] of branches) store.finish(xidOf(number), false, null)
      branches.clear()
    }
    if (reopening && action === 97 && harness.reopen !== null) {
      await safely((done) => store.commit([], done))
      await safely((done) => store.queue('queue://A').add(randomMessage(random, ++key), key, done))
      await safely((done) => store.queue('queue://A').remove(key, done))
      harness = await harness.reopen(random(3) === 0 ? 'closed' : 'killed')
      assert.deepEqual(
        harness.recovered.branches.map(({ xid }) => xidText(xid)).sort(),
        [...branches.keys()].map((number) => xidText(xidOf(number))).sort(),
      )
      assert.ok(harness.recovered.keyLast >= Math.max(0, ...names.flatMap((each) => [...contents(each).keys()])))
      await check()
    }
  }
  await check()
  return harness
}

/** The second half: for engines that survive. */
function storeSuiteReopened(test: SuiteTest, create: () => Promise<Harness>): void {
  for (const how of ['closed', 'killed'] as const) {
    const withReopen = (
      name: string,
      body: (store: Store) => Promise<void>,
      after: (h: Harness) => Promise<void>,
    ): void => {
      test(`${name}, when ${how}`, async () => {
        let harness = await create()
        try {
          if (harness.reopen === null) return
          await body(harness.store)
          harness = await harness.reopen(how)
          await after(harness)
          // And once more: what was recovered is as good as what was stored.
          if (harness.reopen === null) return
          harness = await harness.reopen(how)
          await after(harness)
        } finally {
          await harness.end()
        }
      })
    }

    withReopen(
      'a queue knows when the first of its messages may expire',
      async (store) => {
        const expiring = (sequence: number, expiration: number): Message => {
          const message = messageOf(sequence)
          message.expiration = expiration
          return message
        }
        const [a, b, c] = ['queue://A', 'queue://B', 'queue://C'].map((name) => store.queue(name))
        assert.ok(a !== undefined && b !== undefined && c !== undefined)
        a.add(messageOf(1), 1, null)
        b.add(expiring(2, 5000), 2, null)
        b.add(messageOf(3), 3, null)
        b.add(expiring(4, 3000), 4, null)
        const shared = expiring(5, 7000)
        await safely((waiter) =>
          store.commit(
            [
              { kind: 'add', queue: b, message: shared, key: 5 },
              { kind: 'add', queue: c, message: shared, key: 6 },
            ],
            waiter,
          ),
        )
        assert.deepEqual([a.expiresMs, b.expiresMs, c.expiresMs], [Number.POSITIVE_INFINITY, 3000, 7000])
        await safely((waiter) => a.remove(1, waiter))
        a.add(expiring(6, 9000), 7, null)
        await safely((waiter) => a.remove(7, waiter))
      },
      async ({ store }) => {
        assert.equal(store.queue('queue://A').expiresMs, Number.POSITIVE_INFINITY, 'there is nothing in it')
        assert.equal(store.queue('queue://B').expiresMs, 3000)
        assert.equal(store.queue('queue://C').expiresMs, 7000)
      },
    )

    withReopen(
      'what is added late survives unless it was removed',
      async (store) => {
        const queue = store.queue('queue://A')
        queue.addLate(messageOf(1), 1, null)
        queue.addLate(messageOf(2), 2, null)
        queue.remove(1, null)
        const told = new Told()
        queue.addLate(messageOf(3), 3, told)
        await told.safe()
      },
      async ({ store }) => assert.deepEqual(await keysOf(store.queue('queue://A')), [2, 3]),
    )

    withReopen(
      'messages survive, removed ones do not return',
      async (store) => {
        const queue = store.queue('queue://A')
        for (let key = 1; key <= 50; key++) queue.add(messageOf(key), key, null)
        for (let key = 1; key <= 50; key += 3) queue.remove(key, null)
        store.queue('queue://EMPTY')
        await safely((waiter) => queue.remove(2, waiter))
      },
      async ({ store, recovered }) => {
        const { keyFirst, keyLast, store: queue } = recovered.queues.get('queue://A') ?? {}
        assert.deepEqual([keyFirst, keyLast, queue?.count], [3, 48 + 2, 32])
        assert.equal(store.queue('queue://A'), queue)
        const empty = recovered.queues.get('queue://EMPTY')
        assert.deepEqual([empty?.keyFirst, empty?.keyLast], [0, 0])
        const all = await readAll(store.queue('queue://A'), 7)
        assert.equal(all.length, 32)
        for (const { key, message } of all) assertSameMessage(message, messageOf(key))
        assert.ok(recovered.keyLast >= 50)
        assert.equal(recovered.producers.get('ID:suite-1:1:1'), 50)
      },
    )

    withReopen(
      'every field survives',
      async (store) => {
        const random = seededRandom(5)
        for (let key = 1; key <= 100; key++) store.queue('queue://A').add(randomMessage(random, key), key, null)
        await safely((waiter) => store.commit([], waiter))
        await readAll(store.queue('queue://A'))
      },
      async ({ store }) => {
        const random = seededRandom(5)
        const all = await readAll(store.queue('queue://A'))
        assert.equal(all.length, 100)
        for (const [i, { message }] of all.entries()) assertSameMessage(message, randomMessage(random, i + 1))
      },
    )

    withReopen(
      'keys are not free again when all messages are gone',
      async (store) => {
        const queue = store.queue('queue://A')
        queue.add(messageOf(1), 4_000_000_000, null)
        await safely((waiter) => queue.remove(4_000_000_000, waiter))
      },
      ({ recovered }) => {
        assert.equal(recovered.keyLast, 4_000_000_000)
        return Promise.resolve()
      },
    )

    withReopen(
      'durables survive until they are removed',
      async (store) => {
        store.addDurable({ ...DURABLE, name: 'other', selector: null, noLocal: false }, null)
        store.addDurable(DURABLE, null)
        store.addDurable({ ...DURABLE, name: 'gone' }, null)
        await safely((waiter) => store.removeDurable(DURABLE.clientId, 'gone', waiter))
      },
      ({ recovered }) => {
        const found = recovered.durables.map((record) => ({ ...record, destination: record.destination.text }))
        const expected = { ...DURABLE, destination: DURABLE.destination.text }
        assert.deepEqual(found, [{ ...expected, name: 'other', selector: null, noLocal: false }, expected])
        return Promise.resolve()
      },
    )

    withReopen(
      'a prepared branch survives undone',
      async (store) => {
        const a = store.queue('queue://A')
        const b = store.queue('queue://B')
        await safely((waiter) => a.add(messageOf(1), 1, waiter))
        const message = messageOf(2, 'shared')
        await safely((waiter) =>
          store.prepare(
            xidOf(3),
            [
              { kind: 'remove', queue: a, key: 1 },
              { kind: 'add', queue: a, message, key: 2 },
              { kind: 'add', queue: b, message, key: 3 },
            ],
            waiter,
          ),
        )
        await safely((waiter) => store.prepare(xidOf(4), [{ kind: 'add', queue: b, message, key: 4 }], waiter))
        await safely((waiter) => store.finish(xidOf(4), true, waiter))
      },
      async ({ store, recovered }) => {
        assert.equal(recovered.branches.length, 1)
        const { xid, operations } = recovered.branches[0] as { xid: Xid; operations: readonly Operation[] }
        assert.equal(xidText(xid), xidText(xidOf(3)))
        assert.deepEqual(
          operations.map(({ kind, queue, key }) => [kind, queue.name, key]),
          [
            ['remove', 'queue://A', 1],
            ['add', 'queue://A', 2],
            ['add', 'queue://B', 3],
          ],
        )
        for (const operation of operations) {
          if (operation.kind === 'add') assertSameMessage(operation.message, messageOf(2, 'shared'))
        }
        assert.deepEqual(await keysOf(store.queue('queue://A')), [1])
        assert.deepEqual(await keysOf(store.queue('queue://B')), [4])
        assert.ok(recovered.keyLast >= 4)
      },
    )

    withReopen(
      'what was spilled is forgotten, also by a prepared branch that has removed it',
      async (store) => {
        const [a, b] = ['queue://A', 'overflow://1'].map((name) => store.queue(name)) as [QueueStore, QueueStore]
        for (const queue of [a, b]) queue.spill(messageOf(1), queue === a ? 1 : 2, null)
        a.add(messageOf(2), 3, null)
        await safely((waiter) => a.spill(messageOf(3), 4, waiter))
        const operations = [
          { kind: 'remove', queue: a, key: 1 },
          { kind: 'remove', queue: a, key: 3 },
          { kind: 'remove', queue: b, key: 2 },
        ] as const
        await safely((waiter) => store.prepare(xidOf(5), operations, waiter))
      },
      async ({ store, recovered }) => {
        assert.equal(store.usage.spilledBytes, 0)
        assert.deepEqual(await keysOf(store.queue('queue://A')), [3])
        assert.equal(recovered.queues.get('overflow://1')?.store.count, 0)
        assert.deepEqual(
          recovered.branches[0]?.operations.map(({ queue, key }) => [queue.name, key]),
          [['queue://A', 3]],
        )
        assert.ok(recovered.keyLast >= 4)
      },
    )

    test(`a prepared branch can be finished afterwards, when ${how}`, async () => {
      let harness = await create()
      try {
        if (harness.reopen === null) return
        const queue = harness.store.queue('queue://A')
        const operations: Operation[] = [{ kind: 'add', queue, message: messageOf(1), key: 1 }]
        await safely((waiter) => harness.store.prepare(xidOf(1), operations, waiter))
        harness = await harness.reopen(how)
        await safely((waiter) => harness.store.finish(xidOf(1), true, waiter))
        assert.deepEqual(await keysOf(harness.store.queue('queue://A')), [1])
        harness = await (harness.reopen as NonNullable<Harness['reopen']>)(how)
        assert.equal(harness.recovered.branches.length, 0)
        assert.deepEqual(await keysOf(harness.store.queue('queue://A')), [1])
      } finally {
        await harness.end()
      }
    })

    withReopen(
      'a deleted queue stays deleted',
      async (store) => {
        const queue = store.queue('queue://A')
        queue.add(messageOf(1), 1, null)
        queue.delete(null)
        await safely((waiter) => store.queue('queue://B').add(messageOf(2), 2, waiter))
      },
      ({ recovered }) => {
        assert.deepEqual([...recovered.queues.keys()], ['queue://B'])
        return Promise.resolve()
      },
    )

    withReopen(
      'one message in several queues survives in each',
      async (store) => {
        const message = messageOf(1)
        const queues = ['A', 'B', 'C'].map((name) => store.queue(`queue://${name}`))
        await safely((waiter) =>
          store.commit(
            queues.map((queue) => ({ kind: 'add', queue, message, key: 7 })),
            waiter,
          ),
        )
        await safely((waiter) => (queues[0] as QueueStore).remove(7, waiter))
      },
      async ({ store }) => {
        assert.equal(store.queue('queue://A').count, 0)
        for (const name of ['B', 'C']) {
          const all = await readAll(store.queue(`queue://${name}`))
          assert.equal(all.length, 1)
          for (const { message } of all) assertSameMessage(message, messageOf(1))
        }
      },
    )
  }

  for (const seed of [11, 12, 13]) {
    test(`a random history with stops and kills gives what a plain map gives (seed ${seed})`, async () => {
      let harness = await create()
      try {
        if (harness.reopen !== null) harness = await randomHistory(harness, seededRandom(seed), 800, true)
      } finally {
        await harness.end()
      }
    })
  }
}
