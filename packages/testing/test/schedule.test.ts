import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { scheduledMessages } from '@millrace/client'
import { testBroker } from '../src/index.ts'
import { deskOf, textOf } from './fixture.ts'

test('advance runs schedules in the order of their times', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const began = broker.clock.now()
  const seen: [string, number][] = []
  await consumer.setMessageListener((message) => {
    seen.push([textOf(message), broker.clock.now() - began])
  })
  await producer.send(session.createTextMessage('in two hours'), { deliveryDelay: 7_200_000 })
  await producer.send(session.createTextMessage('in one hour'), { deliveryDelay: 3_600_000 })
  const series = session.createTextMessage('series')
  series.setLongProperty('AMQ_SCHEDULED_DELAY', 1_800_000)
  series.setLongProperty('AMQ_SCHEDULED_PERIOD', 2_400_000)
  series.setIntProperty('AMQ_SCHEDULED_REPEAT', 1)
  await producer.send(series)
  const cron = session.createTextMessage('cron')
  cron.setStringProperty('AMQ_SCHEDULED_CRON', '45 * * * *')
  cron.setStringProperty('millraceScheduleZone', 'UTC')
  await producer.send(cron)
  await broker.clock.advance('2h')
  const minute = 60_000
  assert.deepEqual(seen, [
    ['series', 30 * minute],
    ['cron', 45 * minute],
    ['in one hour', 60 * minute],
    ['series', 70 * minute],
    ['cron', 105 * minute],
    ['in two hours', 120 * minute],
  ])
})

test('what becomes due while a broker is down comes when it is up again, once', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-testing-'))
  t.after(() => rm(directory, { recursive: true }))
  await using broker = await testBroker({ clock: 'virtual', persistent: directory })
  let { session, producer, consumer } = await deskOf(broker, 'Q')
  for (const hours of [1, 2, 4]) {
    await producer.send(session.createTextMessage(`${hours}h`), { deliveryDelay: hours * 3_600_000 })
  }
  await broker.restart()
  await broker.clock.advance('90m')
  ;({ session, producer, consumer } = await deskOf(broker, 'Q'))
  assert.equal(textOf(await consumer.receiveNoWait()), '1h')
  const left: string[] = []
  for await (const { message } of scheduledMessages(session.connection).list()) left.push(textOf(message))
  assert.deepEqual(left, ['2h', '4h'])
  await broker.clock.advance('5h')
  assert.equal(textOf(await consumer.receiveNoWait()), '2h')
  assert.equal(textOf(await consumer.receiveNoWait()), '4h')
  assert.equal(await consumer.receiveNoWait(), null)
})
