import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory, type ConnectionFactoryOptions, DeliveryMode, type SendOptions } from '@millrace/client'
import { type ActiveMQTextMessage, DataType } from '@millrace/openwire'
import { startBroker } from './fixture.ts'
import { Relay } from './relay.ts'

/*
 * Which sends ask the broker for a reply. The rows of the decision table, the first that applies, and then its
 * cross-check by case; seen on the wire, by a relay between client and broker.
 */
interface Row {
  readonly name: string
  readonly persistent?: boolean
  readonly transacted?: boolean
  readonly jms?: ConnectionFactoryOptions
  readonly send?: SendOptions
  readonly asks: boolean
}

const done = (): void => {}

const ROWS: readonly Row[] = [
  // The table, line by line.
  { name: 'onComplete asks', send: { onComplete: done }, asks: true },
  { name: 'onComplete asks, non-persistent', persistent: false, send: { onComplete: done }, asks: true },
  { name: 'onComplete asks, with useAsyncSend', jms: { useAsyncSend: true }, send: { onComplete: done }, asks: true },
  { name: 'onComplete asks, in a transaction', transacted: true, send: { onComplete: done }, asks: true },
  { name: 'onComplete asks, with sendTimeout', jms: { sendTimeout: 5000 }, send: { onComplete: done }, asks: true },
  { name: 'sendTimeout asks, non-persistent', persistent: false, jms: { sendTimeout: 5000 }, asks: true },
  { name: 'sendTimeout asks, with useAsyncSend', jms: { sendTimeout: 5000, useAsyncSend: true }, asks: true },
  { name: 'alwaysSyncSend asks, non-persistent', persistent: false, jms: { alwaysSyncSend: true }, asks: true },
  { name: 'alwaysSyncSend asks, in a transaction', transacted: true, jms: { alwaysSyncSend: true }, asks: true },
  { name: 'confirm: true asks, non-persistent', persistent: false, send: { confirm: true }, asks: true },
  { name: 'confirm: true asks, in a transaction', transacted: true, send: { confirm: true }, asks: true },
  { name: 'confirm: false does not, persistent', send: { confirm: false }, asks: false },
  {
    name: 'confirm: false does not, with sendTimeout',
    jms: { sendTimeout: 5000 },
    send: { confirm: false },
    asks: false,
  },
  { name: 'non-persistent does not', persistent: false, asks: false },
  { name: 'useAsyncSend does not', jms: { useAsyncSend: true }, asks: false },
  { name: 'in a transaction does not', transacted: true, asks: false },
  { name: 'persistent without transaction asks', asks: true },
  { name: 'a timeout of the call does not change the route', persistent: false, send: { timeout: 5000 }, asks: false },
  {
    name: 'a signal of the call does not change the route',
    jms: { useAsyncSend: true },
    send: { signal: new AbortController().signal },
    asks: false,
  },
  // The cross-check by case.
  { name: 'case 1: all defaults', asks: true },
  { name: 'case 2: useAsyncSend', jms: { useAsyncSend: true }, asks: false },
  { name: 'case 3: useAsyncSend and alwaysSyncSend', jms: { useAsyncSend: true, alwaysSyncSend: true }, asks: true },
  { name: 'case 4: useAsyncSend and sendTimeout', jms: { useAsyncSend: true, sendTimeout: 5000 }, asks: true },
  { name: 'case 5: transacted', transacted: true, asks: false },
  { name: 'case 6: transacted, sendTimeout', transacted: true, jms: { sendTimeout: 5000 }, asks: true },
  {
    name: 'case 6: transacted, sendTimeout, useAsyncSend',
    transacted: true,
    jms: { sendTimeout: 5000, useAsyncSend: true },
    asks: true,
  },
  { name: 'case 7: non-persistent', persistent: false, asks: false },
  { name: 'case 7: non-persistent, transacted', persistent: false, transacted: true, asks: false },
  { name: 'case 7: non-persistent, useAsyncSend', persistent: false, jms: { useAsyncSend: true }, asks: false },
  { name: 'case 8: non-persistent, alwaysSyncSend', persistent: false, jms: { alwaysSyncSend: true }, asks: true },
  {
    name: 'case 9: non-persistent, transacted, sendTimeout, useAsyncSend',
    persistent: false,
    transacted: true,
    jms: { sendTimeout: 5000, useAsyncSend: true },
    asks: true,
  },
]

test('which sends ask for a reply', async (t) => {
  const broker = await startBroker(t)
  for (const row of ROWS) {
    await t.test(row.name, async (t) => {
      const relay = await Relay.between(t, broker.url)

      const connection = await new ConnectionFactory(relay.url, row.jms).createConnection()
      const session = await connection.createSession({ transacted: row.transacted === true })
      const producer = await session.createProducer(session.createQueue('DECISION'))
      producer.deliveryMode = row.persistent === false ? DeliveryMode.NON_PERSISTENT : DeliveryMode.PERSISTENT
      const { confirmed, text } = producer.explainSend(row.send)
      assert.equal(confirmed, row.asks, text)
      await producer.send(session.createTextMessage('which way?'), row.send ?? {})
      await connection.close()
      const [message] = relay.ofType<ActiveMQTextMessage>(DataType.ActiveMQTextMessage)
      assert.equal(message?.responseRequired, row.asks)
    })
  }
})

test('explainSend says why, how long, and what a send would wait for', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const factory = new ConnectionFactory(relay.url, { maxSendsInFlight: 1, requestTimeout: 700 })
  const connection = await factory.createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('EXPLAINED'))
  assert.deepEqual(producer.explainSend(), {
    rule: 'PERSISTENT',
    confirmed: true,
    timeout: 700,
    waitsFor: 'nothing',
    text: "settled by the broker's reply, because the message is persistent and in no transaction",
  })
  const oneWay = producer.explainSend({ deliveryMode: DeliveryMode.NON_PERSISTENT })
  assert.equal(oneWay.text, 'one-way: settled when the transport has it, because the message is non-persistent')
  assert.equal(oneWay.timeout, 0)
  relay.hold()
  const first = producer.send(session.createTextMessage('1'))
  assert.equal(producer.explainSend().waitsFor, 'room in flight')
  const second = producer.send(session.createTextMessage('2'))
  assert.equal(producer.explainSend({ confirm: false }).waitsFor, 'order')
  relay.release()
  await Promise.all([first, second])
  assert.equal(producer.explainSend({ timeout: 5 }).timeout, 5)
  await connection.close()
})
