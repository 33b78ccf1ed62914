import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { at, numbers, World, type WorldOptions } from '../world.ts'
import { ask, postLater, sendLater, valueOf } from './scheduling.ts'

/** A broker with one who sends and one who receives from a queue. */
async function begin(options: WorldOptions = {}) {
  const world = await World.open(options)
  const client = world.connect()
  const consumer = client.consume('Q')
  return { world, client, consumer, scheduler: world.broker.scheduler }
}

const HOUR = 3_600_000

describe('a delay', () => {
  it('keeps a message back until it is over, not longer', async () => {
    const { world, client, consumer, scheduler } = await begin()
    assert.equal(sendLater(client, 'Q', 'later', { delay: 5000 }).code, null)
    client.send('Q', 'now')
    assert.deepEqual(consumer.take(), ['now'])
    assert.equal(scheduler.count, 1)
    world.pass(4900)
    assert.deepEqual(consumer.take(), [])
    world.pass(100)
    assert.deepEqual(consumer.take(), ['later'])
    assert.equal(scheduler.count, 0)
    world.pass(HOUR)
    assert.deepEqual(consumer.take(), [])
  })

  it('what is delivered has its own id, no schedule and the job id', async () => {
    const { world, client, consumer } = await begin()
    const before = world.clock.now()
    sendLater(client, 'Q', 'x', { delay: 5000, expiration: before + 2000, more: { color: 'red' } })
    world.pass(5000)
    const [{ message }] = consumer.takeAll() as [ReturnType<typeof consumer.takeAll>[0]]
    assert.match(message.id, /^ID:c1:1:1:1$/)
    assert.equal(valueOf(message, 'scheduledJobId'), message.id)
    assert.equal(valueOf(message, 'color'), 'red')
    assert.equal(valueOf(message, 'AMQ_SCHEDULED_DELAY'), null)
    assert.equal(message.schedule, null)
    // The time to live begins when it is delivered.
    assert.equal(message.timestamp, before + 5000)
    assert.equal(message.expiration, before + 7000)
  })

  it('messages fire in the order of their times, and of their sending when these are the same', async () => {
    const { world, client, consumer } = await begin()
    for (const [text, delay] of [
      ['c', 300],
      ['a', 100],
      ['d', 300],
      ['b', 200],
      ['e', 300],
    ] as const) {
      sendLater(client, 'Q', text, { delay })
    }
    world.clock.advance(1000)
    world.broker.tick()
    world.run()
    assert.deepEqual(consumer.take(), ['a', 'b', 'c', 'd', 'e'])
  })

  it('is a number, also as a text; zero is at once', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'text', { more: { AMQ_SCHEDULED_DELAY: '200' } })
    sendLater(client, 'Q', 'zero', { delay: 0 })
    sendLater(client, 'Q', 'negative', { delay: -5 })
    world.pass(100)
    assert.deepEqual(consumer.take(), ['zero', 'negative'])
    world.pass(100)
    assert.deepEqual(consumer.take(), ['text'])
  })

  it('the absolute time of Artemis clients counts, too', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'x', { more: { _AMQ_SCHED_DELIVERY: BigInt(world.clock.now() + 1000) } })
    world.pass(900)
    assert.deepEqual(consumer.take(), [])
    world.pass(100)
    assert.deepEqual(consumer.take(), ['x'])
  })

  it('what has a job id already is not scheduled again', async () => {
    const { client, consumer } = await begin()
    sendLater(client, 'Q', 'again', { delay: 5000, more: { scheduledJobId: 'ID:x:1:1:1' } })
    assert.deepEqual(consumer.take(), ['again'])
  })

  it('goes to topics, composites and durable subscriptions as any other message', async () => {
    const { world, client } = await begin()
    const topic = client.consume('topic://T')
    const durable = client.consume('topic://T', { durableName: 'sub' })
    const other = client.consume('B')
    sendLater(client, 'topic://T', 'to all', { delay: 100 })
    sendLater(client, 'A,B', 'to both', { delay: 100 })
    world.pass(100)
    assert.deepEqual([topic.take(), durable.take(), other.take()], [['to all'], ['to all'], ['to both']])
    assert.deepEqual(client.consume('A').take(), ['to both'])
  })

  it('is not shortened or lengthened by a wall clock that is set', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'x', { delay: 10_000 })
    world.clock.jump(5 * HOUR)
    world.pass(9900)
    assert.deepEqual(consumer.take(), [])
    world.clock.jump(-10 * HOUR)
    world.pass(100)
    assert.deepEqual(consumer.take(), ['x'])
  })
})

describe('a period', () => {
  it('repeats as often as asked, once more than the count, and does not drift', async () => {
    const { world, client, consumer, scheduler } = await begin()
    const begun = world.clock.now()
    sendLater(client, 'Q', 'x', { delay: 250, period: 1000, repeat: 3 })
    const times: number[] = []
    for (let i = 0; i < 200; i++) {
      world.pass(50)
      for (const { message } of consumer.takeAll()) times.push(message.timestamp - begun)
    }
    assert.deepEqual(times, [250, 1250, 2250, 3250])
    assert.equal(scheduler.count, 0)
  })

  it('each delivery of a series has an id of its own and the job id of the first', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'x', { period: 100, repeat: 2 })
    world.pass(1000)
    const messages = consumer.takeAll().map(({ message }) => message)
    assert.equal(new Set(messages.map(({ id }) => id)).size, 3)
    assert.deepEqual(new Set(messages.map((message) => valueOf(message, 'scheduledJobId'))), new Set(['ID:c1:1:1:1']))
  })

  it('without a delay begins after one period; without end goes on until cancelled', async () => {
    const { world, client, consumer, scheduler } = await begin()
    sendLater(client, 'Q', 'x', { period: 1000, repeat: -1 })
    world.pass(900)
    assert.deepEqual(consumer.take(), [])
    world.pass(100)
    assert.deepEqual(consumer.take(), ['x'])
    world.pass(50_000)
    assert.equal(consumer.take().length, 50)
    const [job] = scheduler.jobs()
    assert.ok(job !== undefined)
    scheduler.cancel(job, null)
    world.pass(5000)
    assert.deepEqual(consumer.take(), [])
  })

  it('what was missed while nothing ran is not made up for, and no counted repeat is lost', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'x', { delay: 100, period: 1000, repeat: 3 })
    world.clock.advance(60_000)
    world.broker.tick()
    world.run()
    assert.equal(consumer.take().length, 1)
    world.pass(10_000)
    assert.equal(consumer.take().length, 3)
  })
})

describe('a cron expression', () => {
  it('fires at its times, on the wall', async () => {
    const { world, client, consumer } = await begin()
    // 2001-09-09T01:46:40Z.
    sendLater(client, 'Q', 'x', { cron: '*/10 * * * *', zone: 'UTC' })
    const times: string[] = []
    for (let i = 0; i < 40; i++) {
      world.pass(60_000)
      for (const { message } of consumer.takeAll()) times.push(new Date(message.timestamp).toISOString().slice(11, 16))
    }
    assert.deepEqual(times, ['01:50', '02:00', '02:10', '02:20'])
  })

  it('with a delay alone, each delivery has an id of its own, too', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'x', { cron: '* * * * *', delay: 5000 })
    world.pass(130_000)
    const ids = consumer.takeAll().map(({ message }) => message.id)
    assert.equal(ids.length, 2)
    assert.equal(new Set(ids).size, 2)
  })

  it('with a series begins one at each of its times', async () => {
    const { world, client, consumer } = await begin()
    sendLater(client, 'Q', 'x', { cron: '0 * * * *', zone: 'UTC', delay: 1000, period: 2000, repeat: 2 })
    const times: string[] = []
    for (let i = 0; i < 800; i++) {
      world.pass(10_000)
      for (const { message } of consumer.takeAll()) times.push(new Date(message.timestamp).toISOString().slice(11, 19))
    }
    assert.deepEqual(times, ['02:00:01', '02:00:03', '02:00:05', '03:00:01', '03:00:03', '03:00:05'])
  })
})

describe('what makes no sense is refused', () => {
  for (const [name, options] of [
    ['a delay that is a text', { more: { AMQ_SCHEDULED_DELAY: 'soon' } }],
    ['a cron expression that is wrong', { cron: '99 * * * *' }],
    ['a cron expression that never comes', { cron: '0 0 31 2 *' }],
    ['a time zone without a place', { cron: '* * * * *', zone: 'Nowhere' }],
    ['repeats without end and period', { repeat: -1 }],
    ['too many repeats', { period: 10, repeat: 1001 }],
    ['a delay beyond all dates', { delay: Number.MAX_SAFE_INTEGER }],
    ['a key that is too long', { delay: 1, key: 'k'.repeat(256) }],
  ] as const) {
    it(name, async () => {
      const { world, client, consumer, scheduler } = await begin()
      assert.equal(sendLater(client, 'Q', 'x', options).code, 'SCHEDULE_INVALID')
      world.pass(1000)
      assert.deepEqual(consumer.take(), [])
      assert.equal(scheduler.count, 0)
    })
  }

  it('a pattern in place of a destination', async () => {
    const { client, scheduler } = await begin()
    assert.equal(sendLater(client, 'A.*', 'x', { delay: 1 }).code, 'DESTINATION_INVALID')
    assert.equal(scheduler.count, 0)
  })

  it('more scheduled messages than allowed', async () => {
    const { world, client, consumer } = await begin({ limits: { scheduledMax: 2 } })
    sendLater(client, 'Q', 'a', { delay: 100 })
    sendLater(client, 'Q', 'b', { delay: 100, key: 'k' })
    assert.equal(sendLater(client, 'Q', 'c', { delay: 100 }).code, 'LIMIT_REACHED')
    // One that takes another's place is not one more.
    assert.equal(sendLater(client, 'Q', 'd', { delay: 100, key: 'k' }).code, null)
    world.pass(100)
    assert.deepEqual(consumer.take(), ['a', 'd'])
    assert.equal(sendLater(client, 'Q', 'e', { delay: 100 }).code, null)
  })
})

describe('a transaction', () => {
  it('schedules at its commit, and the delay begins there', async () => {
    const { world, client, consumer, scheduler } = await begin()
    client.begin('tx')
    sendLater(client, 'Q', 'x', { delay: 1000, transaction: 'tx' })
    world.pass(5000)
    assert.equal(scheduler.count, 0)
    assert.equal(client.commit('tx').code, null)
    assert.equal(scheduler.count, 1)
    world.pass(900)
    assert.deepEqual(consumer.take(), [])
    world.pass(100)
    assert.deepEqual(consumer.take(), ['x'])
  })

  it('that is rolled back schedules nothing and changes nothing', async () => {
    const { world, client, consumer, scheduler } = await begin()
    sendLater(client, 'Q', 'old', { delay: 1000, key: 'k' })
    client.begin('tx')
    sendLater(client, 'Q', 'new', { delay: 1000, key: 'k', transaction: 'tx' })
    client.rollback('tx')
    assert.equal(scheduler.count, 1)
    world.pass(1000)
    assert.deepEqual(consumer.take(), ['old'])
  })

  it('with a schedule that is wrong cannot be committed', async () => {
    const { client, scheduler } = await begin()
    client.begin('tx')
    sendLater(client, 'Q', 'good', { delay: 1, transaction: 'tx' })
    assert.equal(sendLater(client, 'Q', 'bad', { cron: 'x', transaction: 'tx' }).code, 'SCHEDULE_INVALID')
    assert.equal(client.commit('tx').code, 'TRANSACTION_ROLLED_BACK')
    assert.equal(scheduler.count, 0)
  })

  it('that was prepared schedules when it is committed', async () => {
    const { world, client, consumer, scheduler } = await begin()
    const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
    const id = 'XID:[1,globalId=67,branchId=62]'
    world.broker.begin(client.connection, id, xid)
    sendLater(client, 'Q', 'x', { delay: 1000, transaction: id })
    client.ask((reply) => world.broker.prepare(client.connection, id, reply))
    world.pass(5000)
    assert.deepEqual(consumer.take(), [])
    assert.equal(client.commit(id).code, null)
    world.pass(100)
    // The delay began when it was prepared.
    assert.deepEqual(consumer.take(), ['x'])
    assert.equal(scheduler.count, 0)
  })
})

describe('the sender’s own key', () => {
  it('a message takes the place of the one before', async () => {
    const { world, client, consumer, scheduler } = await begin()
    sendLater(client, 'Q', 'old', { delay: 1000, key: 'k' })
    sendLater(client, 'Q', 'new', { delay: 2000, key: 'k' })
    assert.equal(scheduler.count, 1)
    world.pass(1500)
    assert.deepEqual(consumer.take(), [])
    world.pass(500)
    assert.deepEqual(consumer.take(), ['new'])
    assert.equal(scheduler.count, 0)
  })

  it('also when both come in one turn, or one transaction', async () => {
    const { world, client, consumer, scheduler } = await begin()
    for (const text of numbers(1, 5)) postLater(client, 'Q', text, { delay: 1000, key: 'k' })
    world.run()
    client.begin('tx')
    for (const text of numbers(1, 5)) sendLater(client, 'Q', `t${text}`, { delay: 1000, key: 't', transaction: 'tx' })
    client.commit('tx')
    assert.equal(scheduler.count, 2)
    world.pass(1000)
    assert.deepEqual(consumer.take(), ['5', 't5'])
    assert.equal(scheduler.count, 0)
  })

  it('of a branch that is prepared takes no place before the commit, and nobody waits for it', async () => {
    const { world, client, consumer, scheduler } = await begin()
    sendLater(client, 'Q', 'old', { delay: 1000, key: 'k' })
    for (const [n, committed] of [false, true].entries()) {
      const xid = { formatId: n, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
      const id = `branch ${n}`
      world.broker.begin(client.connection, id, xid)
      sendLater(client, 'Q', 'new', { delay: 1000, key: 'k', transaction: id })
      client.ask((reply) => world.broker.prepare(client.connection, id, reply))
      assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVE', millraceScheduleKey: 'k' }).code, null)
      assert.equal((committed ? client.commit(id) : client.rollback(id)).code, null)
      assert.equal(scheduler.count, 1)
    }
    world.pass(2000)
    assert.deepEqual(consumer.take(), ['new'])
    assert.equal(scheduler.count, 0)
  })

  it('cancels and postpones', async () => {
    const { world, client, consumer, scheduler } = await begin()
    sendLater(client, 'Q', 'gone', { delay: 1000, key: 'a' })
    sendLater(client, 'Q', 'put off', { delay: 1000, key: 'b' })
    sendLater(client, 'Q', 'put on', { delay: 90_000, key: 'c' })
    ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVE', millraceScheduleKey: 'a' })
    ask(client, { AMQ_SCHEDULER_ACTION: 'POSTPONE', millraceScheduleKey: 'b', AMQ_SCHEDULED_DELAY: 3000 })
    const start = BigInt(world.clock.now() + 500)
    ask(client, { AMQ_SCHEDULER_ACTION: 'POSTPONE', millraceScheduleKey: 'c', ACTION_START_TIME: start })
    assert.equal(scheduler.count, 2)
    world.pass(500)
    assert.deepEqual(consumer.take(), ['put on'])
    world.pass(2400)
    assert.deepEqual(consumer.take(), [])
    world.pass(100)
    assert.deepEqual(consumer.take(), ['put off'])
  })
})

describe('requests by message', () => {
  it('browse shows every job, in the order of their times', async () => {
    const { world, client } = await begin()
    const replies = client.consume('R')
    const now = world.clock.now()
    for (const n of [3, 1, 2]) sendLater(client, 'Q', `${n}`, { delay: n * 100_000, period: 1000, repeat: 1 })
    assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'BROWSE' }, 'R').code, null)
    const shown = replies.takeAll()
    assert.deepEqual(
      shown.map(({ text, message }) => [
        text,
        valueOf(message, 'scheduledJobId'),
        valueOf(message, 'millraceScheduleTime'),
      ]),
      [
        ['1', 'ID:c1:1:1:2', now + 100_000],
        ['2', 'ID:c1:1:1:3', now + 200_000],
        ['3', 'ID:c1:1:1:1', now + 300_000],
      ],
    )
    const [{ message }] = shown as [(typeof shown)[0]]
    assert.equal(message.originalDestination?.text, 'queue://Q')
    assert.equal(message.type, 'Advisory')
    assert.equal(valueOf(message, 'AMQ_SCHEDULED_PERIOD'), 1000)
  })

  it('browse between shows what is due then; many need several rounds', async () => {
    const { world, client } = await begin({ limits: { windowBytesMax: 0 } })
    const replies = client.consume('R')
    const now = world.clock.now()
    for (let n = 1; n <= 100; n++) sendLater(client, 'Q', `${n}`, { delay: n * 1000 })
    const between = { ACTION_START_TIME: BigInt(now + 11_000), ACTION_END_TIME: `${now + 90_000}` }
    ask(client, { AMQ_SCHEDULER_ACTION: 'BROWSE', millraceScheduleAnswer: true, ...between }, 'R')
    const shown = replies.takeAll()
    const answer = shown.pop()
    assert.deepEqual(
      shown.map(({ text }) => text),
      numbers(11, 90),
    )
    assert.equal(answer === undefined ? null : valueOf(answer.message, 'millraceScheduleCount'), 80)
  })

  it('remove takes one away, remove all the others, between or all', async () => {
    const { world, client, consumer, scheduler } = await begin()
    const now = world.clock.now()
    for (let n = 1; n <= 10; n++) sendLater(client, 'Q', `${n}`, { delay: n * 1000 })
    const [first] = scheduler.jobs()
    assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: first?.id }).code, null)
    assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: 'ID:nobody' }).code, null)
    const between = { ACTION_START_TIME: BigInt(now + 3000), ACTION_END_TIME: BigInt(now + 5000) }
    assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVEALL', ...between }).code, null)
    world.pass(7000)
    assert.deepEqual(consumer.take(), ['2', '6', '7'])
    ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVEALL' })
    assert.equal(scheduler.count, 0)
    world.pass(7000)
    assert.deepEqual(consumer.take(), [])
  })

  it('many are removed in several turns, and what fires meanwhile is gone', async () => {
    const { world, client, scheduler } = await begin({ limits: { dispatchMax: 10 } })
    for (const n of numbers(1, 100))
      sendLater(client, 'R', n, { delay: 1000 + 100 * Number(n), period: 100, repeat: 5 })
    const replies = client.consume('A')
    const message = { AMQ_SCHEDULER_ACTION: 'REMOVEALL', millraceScheduleAnswer: true }
    assert.equal(ask(client, message, 'A').code, null)
    assert.equal(scheduler.count, 0)
    assert.deepEqual(
      replies.takeAll().map((one) => valueOf(one.message, 'millraceScheduleCount')),
      [100],
    )
    world.pass(20_000)
    assert.equal(world.broker.queue(at('R'))?.count, 0)
  })

  it('an answer says how many there were', async () => {
    const { client } = await begin()
    const replies = client.consume('R')
    sendLater(client, 'Q', 'x', { delay: 1000, key: 'k' })
    for (const action of ['POSTPONE', 'REMOVE', 'REMOVE', 'POSTPONE', 'REMOVEALL']) {
      const values = { AMQ_SCHEDULER_ACTION: action, millraceScheduleKey: 'k', AMQ_SCHEDULED_DELAY: 5000 }
      ask(client, { ...values, millraceScheduleAnswer: true }, 'R')
    }
    assert.deepEqual(
      replies.takeAll().map(({ message }) => valueOf(message, 'millraceScheduleCount')),
      [1, 1, 0, 0, 0],
    )
  })

  it('what is no request is refused', async () => {
    const { client } = await begin()
    assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'EXPLODE' }).code, 'SCHEDULE_INVALID')
    assert.equal(ask(client, { AMQ_SCHEDULER_ACTION: 'POSTPONE', millraceScheduleKey: 'k' }).code, 'SCHEDULE_INVALID')
    const values = { AMQ_SCHEDULER_ACTION: 'BROWSE', ACTION_START_TIME: 'then', ACTION_END_TIME: 2 }
    assert.equal(ask(client, values, 'R').code, 'SCHEDULE_INVALID')
  })

  it('whoever asked may be gone before the answer', async () => {
    const { world, client, scheduler } = await begin({ limits: { windowBytesMax: 0 } })
    const other = world.connect({ id: 'ID:c9' })
    client.ask((reply) => world.broker.addDestination(other.connection, at('temp-queue://ID:c9:1'), reply))
    for (const n of numbers(1, 50)) sendLater(client, 'Q', n, { delay: 100_000 })
    other.crash()
    ask(client, { AMQ_SCHEDULER_ACTION: 'BROWSE' }, 'temp-queue://ID:c9:1')
    assert.equal(scheduler.count, 50)
  })
})

describe('room', () => {
  it('bodies are in memory only while a message is due soon', async () => {
    const { world, client, consumer } = await begin()
    const { usage } = world.broker
    for (const n of numbers(1, 100)) sendLater(client, 'Q', n, { delay: HOUR, size: 10_000 })
    assert.equal(usage.memoryBytes, 0)
    sendLater(client, 'Q', 'soon', { delay: 1000, size: 10_000 })
    assert.ok(usage.memoryBytes > 10_000)
    world.pass(HOUR)
    assert.equal(consumer.drain().length, 101)
    assert.equal(usage.memoryBytes, 0)
    assert.equal(usage.storingBytes, 0)
  })

  it('a message waits for space where it goes, and goes when there is some', async () => {
    const { world, client, consumer } = await begin({ limits: { memoryBytesMax: 20_000 } })
    sendLater(client, 'Q', 'small', { delay: 1000, persistent: false })
    const slow = client.consume('S', { prefetch: 1 })
    client.send('S', 'large', { size: 30_000, persistent: false })
    world.pass(2000)
    assert.deepEqual(consumer.take(), [])
    slow.drain()
    world.pass(100)
    assert.deepEqual(consumer.take(), ['small'])
  })

  it('a send to a full store waits like any other', async () => {
    const { world, client, consumer } = await begin({ storeBytesMax: 5000 })
    client.send('S', 'large', { size: 6000 })
    const reply = sendLater(client, 'Q', 'x', { delay: 100 })
    assert.equal(reply.code, undefined)
    client.consume('S').drain()
    world.run()
    assert.equal(reply.code, null)
    world.pass(100)
    assert.deepEqual(consumer.take(), ['x'])
  })

  it('one for a temporary queue that is gone becomes a dead letter', async () => {
    const { world, client } = await begin()
    sendLater(client, 'temp-queue://ID:c7:1', 'x', { delay: 100 })
    sendLater(client, 'temp-queue://ID:c7:1', 'y', { delay: 100, persistent: false })
    world.pass(100)
    const letters = client.consume('ActiveMQ.DLQ').takeAll()
    assert.deepEqual(
      letters.map(({ text, message }) => [text, message.originalDestination?.text]),
      [['x', 'temp-queue://ID:c7:1']],
    )
    assert.match(String(valueOf(letters[0]?.message as never, 'dlqDeliveryFailureCause')), /does not exist/)
  })

  it('a message that is sent twice after a lost link is scheduled once', async () => {
    const world = await World.open()
    const first = world.connect({ id: 'ID:c5' })
    sendLater(first, 'Q', 'x', { delay: 100, sequence: 1 })
    first.crash()
    const second = world.connect({ id: 'ID:c5', reconnected: true })
    assert.equal(sendLater(second, 'Q', 'x', { delay: 100, sequence: 1 }).code, null)
    const consumer = second.consume('Q')
    world.pass(200)
    assert.deepEqual(consumer.take(), ['x'])
  })
})
