import { MillraceError } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Interceptor } from '../../src/core/broker.ts'
import type { Message } from '../../src/message/message.ts'
import { numbers, type TestReply, World } from './world.ts'

interface Open {
  readonly text: string
  finish(error?: MillraceError | 'taken'): void
}

/** Messages for W and all below it are transformed when the test says so; the body becomes `<body>`. */
function slowly(): { readonly interceptor: Interceptor; readonly open: Open[] } {
  const open: Open[] = []
  const interceptor: Interceptor = {
    transforms: ({ name }) => name.startsWith('W'),
    transforming: (_producer, message: Message) => {
      const text = message.body?.toString() ?? ''
      if (text === 'at once') return undefined
      return new Promise((resolve, reject) => {
        open.push({
          text,
          finish: (outcome) => {
            message.body = Buffer.from(`<${text}>`)
            if (outcome instanceof MillraceError) reject(outcome)
            else resolve(outcome)
          },
        })
      })
    },
  }
  return { interceptor, open }
}

async function started(limits: object = {}): Promise<{ world: World; open: Open[] }> {
  const { interceptor, open } = slowly()
  return { world: await World.open({ interceptors: [interceptor], limits }), open }
}

/** What a promise leads to happens in a turn of its own. */
async function settled(world: World): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  world.run()
}

test('a message is transformed by asynchronous code before it is sent on and answered', async () => {
  const { world, open } = await started()
  const client = world.connect()
  const consumer = world.connect().consume('W')
  const sent = client.send('W', 'a')
  assert.equal(sent.code, undefined)
  assert.deepEqual(consumer.texts, [])
  open[0]?.finish()
  await settled(world)
  assert.equal(sent.code, null)
  assert.deepEqual(consumer.texts, ['<a>'])
  assert.equal(client.send('W', 'at once').code, null)
  assert.deepEqual(consumer.texts, ['<a>', 'at once'])
  assert.equal(world.broker.usage.memoryBytes > 0, true)
})

test('what the same producer sends waits, in order, and other producers go on', async () => {
  const { world, open } = await started()
  const client = world.connect()
  const producer = world.broker.addProducer(client.connection, { producerId: 'ID:c1:9:9', destination: null })
  const sendBy = (to: string, text: string): TestReply => {
    const reply = world.reply()
    world.broker.send(producer, client.message(to, text), reply)
    return reply
  }
  const [work, rest] = [world.connect().consume('W'), world.connect().consume('R')]
  const replies = [sendBy('W', '1'), sendBy('R', '2'), sendBy('W', '3')]
  client.send('R', 'of another')
  world.run()
  assert.deepEqual(rest.texts, ['of another'])
  // One after the other: the next is not begun before its turn.
  assert.deepEqual(
    open.map(({ text }) => text),
    ['1'],
  )
  open[0]?.finish()
  await settled(world)
  assert.deepEqual([work.texts, rest.texts], [['<1>'], ['of another', '2']])
  assert.equal(open.length, 2)
  open[1]?.finish()
  await settled(world)
  assert.deepEqual(work.texts, ['<1>', '<3>'])
  assert.deepEqual(
    replies.map(({ code }) => code),
    [null, null, null],
  )
})

test('a connection whose messages are being transformed is not read from without end', async () => {
  const { world, open } = await started({ parkedBytesMax: 10_000 })
  const client = world.connect()
  const consumer = world.connect().consume('W')
  let stopped = 0
  for (const text of numbers(1, 20)) {
    const message = client.message('W', text, { size: 1_000 })
    if (!world.broker.send(client.producer('W'), message, world.reply())) stopped++
  }
  assert.equal(stopped, 1)
  assert.equal(client.resumed, 0)
  for (let at = 0; at < 20; at++) {
    open[at]?.finish()
    await settled(world)
  }
  assert.equal(consumer.received.length, 20)
  assert.equal(client.resumed, 1)
})

test('a transformer refuses a message, takes one, or takes too long', async () => {
  const { world, open } = await started({ transformMsMax: 1_000 })
  const client = world.connect()
  const consumer = world.connect().consume('W')
  const refused = client.send('W', 'bad')
  const behind = client.send('W', 'good')
  open[0]?.finish(new MillraceError('MESSAGE_REFUSED', 'no'))
  await settled(world)
  assert.equal(refused.code, 'MESSAGE_REFUSED')
  open[1]?.finish()
  await settled(world)
  assert.equal(behind.code, null)
  const taken = client.send('W', 'mine')
  open[2]?.finish('taken')
  await settled(world)
  assert.equal(taken.code, null)
  const late = client.send('W', 'never')
  const next = client.send('W', 'at once')
  world.pass(1_100)
  assert.equal(late.code, 'PLUGIN_FAILED')
  assert.equal(next.code, null)
  open[3]?.finish()
  await settled(world)
  assert.deepEqual(consumer.texts, ['<good>', 'at once'])
})

test('a commit waits for what is being transformed, and fails with it', async () => {
  for (const outcome of [undefined, new MillraceError('MESSAGE_REFUSED', 'no')]) {
    const { world, open } = await started()
    const client = world.connect()
    const consumer = world.connect().consume('W')
    world.broker.begin(client.connection, 't')
    const sent = client.send('W', 'a', { transaction: 't', persistent: false })
    const committed = world.reply()
    world.broker.commit(client.connection, 't', committed)
    world.run()
    assert.deepEqual([sent.code, committed.code], [undefined, undefined])
    open[0]?.finish(outcome)
    await settled(world)
    if (outcome === undefined) {
      assert.deepEqual([sent.code, committed.code, consumer.texts], [null, null, ['<a>']])
    } else {
      assert.equal(sent.code, 'MESSAGE_REFUSED')
      assert.equal(committed.code, 'TRANSACTION_ROLLED_BACK')
    }
  }
})

test('what is being transformed when its connection goes did not happen', async () => {
  const { world, open } = await started()
  const client = world.connect()
  const consumer = world.connect().consume('W')
  const sent = client.send('W', 'a')
  world.broker.removeConnection(client.connection)
  assert.equal(sent.code, 'CONNECTION_CLOSED')
  open[0]?.finish()
  await settled(world)
  assert.deepEqual(consumer.texts, [])
  assert.equal(world.broker.parking.bytes, 0)
})
