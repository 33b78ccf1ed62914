import { AcknowledgeMode, type Connection } from '@millrace/client'
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'

function eager(t: TestContext, data: string): Promise<Fixture> {
  return startBroker(t, {
    memory: false,
    data,
    listen: ['openwire://127.0.0.1:0', 'stomp://127.0.0.1:0'],
    policies: [{ destination: 'ORDERS', policy: { concurrentStoreAndDispatch: true } }],
  })
}

async function send(connection: Connection, texts: readonly string[]): Promise<void> {
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('ORDERS'))
  await Promise.all(texts.map((text) => producer.send(session.createTextMessage(text))))
  await session.close()
}

/** Whether some file of the store has this. */
function isStored(data: string, text: string): boolean {
  return readdirSync(data).some((name) => readFileSync(join(data, name)).includes(text))
}

const names = (word: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${word} ${i}`)

test('what a consumer takes before it is stored is confirmed, comes in order, and is not there after a restart', async (t) => {
  const data = temporaryDirectory('concurrent-store')
  const first = await eager(t, data)
  const reading = await first.connect()
  const session = await reading.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const consumer = await session.createConsumer(session.createQueue('ORDERS'))
  const texts = names('order', 2_000)
  const sent = send(await first.connect(), texts)
  for (const [i, text] of texts.entries()) {
    const message = await consumer.receive(SOON)
    assert.equal(textOf(message), text)
    if (i % 10 === 9) await message?.acknowledge()
  }
  await sent
  // The last three are received and not acknowledged.
  await send(await first.connect(), ['left 1', 'left 2', 'left 3'])
  for (let i = 1; i <= 3; i++) assert.equal(textOf(await consumer.receive(SOON)), `left ${i}`)
  await first.service.stop()

  const second = await eager(t, data)
  const again = await (await second.connect()).createSession()
  const rest = await again.createConsumer(again.createQueue('ORDERS'))
  for (let i = 1; i <= 3; i++) assert.equal(textOf(await rest.receive(SOON)), `left ${i}`)
  assert.equal(await rest.receiveNoWait(), null)
})

test('the write is cancelled for a consumer that has settled a message by the end of the turn', async (t) => {
  const data = temporaryDirectory('concurrent-store-cancelled')
  const { service, connect: open } = await eager(t, data)
  const { port } = new URL((service.addresses.find((one) => one.startsWith('stomp:')) ?? '').replace('stomp', 'http'))
  // ack:auto, so that a message is settled when it has been written to it.
  const socket = connect({ host: '127.0.0.1', port: Number(port) }).setEncoding('utf8')
  t.after(() => socket.destroy())
  let heard = ''
  let told = (): void => {}
  socket.on('data', (chunk) => {
    heard += String(chunk)
    told()
  })
  const until = async (text: string): Promise<void> => {
    while (!heard.includes(text)) {
      await new Promise<void>((resolve) => {
        told = resolve
      })
    }
  }
  socket.write('CONNECT\naccept-version:1.2\nhost:localhost\n\n\0')
  socket.write('SUBSCRIBE\nid:1\ndestination:/queue/ORDERS\nreceipt:ready\n\n\0')
  await until('receipt-id:ready')
  const connection = await open()
  await send(connection, names('taken', 100))
  await until('taken 99\0')
  assert.equal(heard.split('\ntaken ').length - 1, 100)

  socket.write('UNSUBSCRIBE\nid:1\nreceipt:left\n\n\0')
  await until('receipt-id:left')
  await send(connection, ['kept'])
  assert.ok(isStored(data, 'kept'))
  assert.ok(!isStored(data, 'taken '))
})
