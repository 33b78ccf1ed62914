import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  and,
  InvalidSelectorError,
  like,
  matchesSelector,
  type Message,
  not,
  or,
  property,
  selector,
  type SelectorValue,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

test('values in a selector are only values', () => {
  assert.equal(selector`region = ${"EU' OR 'a' = 'a"}`, "region = 'EU'' OR ''a'' = ''a'")
  assert.equal(selector`a BETWEEN ${-5} AND ${1.5}`, 'a BETWEEN  -5 AND 1.5')
  assert.equal(selector`a = 1 -${-1}`, 'a = 1 - -1')
  assert.equal(selector`a = ${1e21} OR a = ${1e-7}`, 'a = 1E21 OR a = 1E-7')
  assert.equal(selector`a = ${2n ** 62n} AND b = ${true}`, 'a = 4611686018427387904 AND b = TRUE')
  assert.equal(selector`${property('state')} IN ${['new', "it's"]}`, "state IN ('new', 'it''s')")
})

test('what is no value, no name, or does not parse is refused here', () => {
  const wrong: unknown[] = [null, undefined, Number.NaN, Infinity, [], [1], {}, 2n ** 63n]
  for (const value of wrong) assert.throws(() => selector`a = ${value as SelectorValue}`, InvalidSelectorError)
  for (const name of ['', 'a b', "a'", '1a', 'null', 'Between']) {
    assert.throws(() => property(name), InvalidSelectorError, name)
  }
  assert.throws(() => selector`a = = ${1}`, InvalidSelectorError)
  assert.throws(() => and('a = 1) OR (b = 2'), InvalidSelectorError)
  assert.throws(() => or(), InvalidSelectorError)
})

test('conditions are put together', () => {
  assert.equal(and('a = 1', or('b = 2', 'c = 3')), '(a = 1) AND ((b = 2) OR (c = 3))')
  assert.equal(not('a = 1'), 'NOT (a = 1)')
  assert.equal(like('name', { startsWith: '50%_' }), "name LIKE '50\\%\\_%' ESCAPE '\\'")
  assert.equal(like('name', { contains: 'x', endsWith: 'y' }), "name LIKE '%x%y' ESCAPE '\\'")
})

test('a message is judged here as the broker judges it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('JUDGED')
  const make = (name: string, price: number): Message => {
    const message = session.createTextMessage(name)
    message.setStringProperty('name', name)
    message.setIntProperty('price', price)
    message.setStringProperty('JMSXGroupID', `group ${price % 2}`)
    message.jmsType = 'offer'
    return message
  }
  const names = ['50%_off', '50 percent', "o'clock", 'nothing']
  const messages = names.map((name, i) => make(name, i))
  const selectors = [
    like('name', { startsWith: '50%_' }),
    like('name', { contains: "o'" }),
    and(selector`price >= ${1}`, not(selector`name = ${'nothing'}`)),
    selector`JMSType = ${'offer'} AND JMSXGroupID = ${'group 1'}`,
    selector`JMSPriority = ${4} AND JMSDeliveryMode = ${'PERSISTENT'}`,
    selector`missing IS NULL AND price IN ${['0', '1']}`,
    or(selector`price = ${0}`, selector`price = ${3}`),
    '',
  ]
  const producer = await session.createProducer(queue)
  for (const text of selectors) {
    const consumer = await session.createConsumer(queue, { selector: text })
    for (const message of messages) await producer.send(message)
    const expected = messages.filter((message) => matchesSelector(text, message)).map(textOf)
    const received: string[] = []
    while (received.length < expected.length) received.push(textOf(await consumer.receive(SOON)))
    assert.deepEqual(received, expected, text)
    await connection.sync()
    assert.equal(await consumer.receiveNoWait(), null, text)
    await consumer.close()
    const rest = await session.createConsumer(queue)
    while (received.length < messages.length) received.push(textOf(await rest.receive(SOON)))
    await rest.close()
  }
  assert.throws(() => matchesSelector('a = ', session.createMessage()), InvalidSelectorError)
})
