import { silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { openJournalStore } from '../../src/journal/journal-store.ts'
import { at, numbers, World } from './world.ts'
import { removedAtExit } from '../removed-at-exit.ts'

const MINUTE = 60_000

describe('what expires while nobody consumes', () => {
  it('is found behind others that do not expire, and counted', async () => {
    const world = await World.open({ limits: { expiryScanMax: 10 } })
    const client = world.connect()
    for (const text of numbers(1, 50)) client.post('Q', text)
    for (const text of numbers(1, 5)) client.post('Q', text, { expiration: world.clock.now() + 1000 })
    client.post('Q', 'fleeting', { expiration: world.clock.now() + 1000, persistent: false })
    world.run()
    world.pass(MINUTE)
    const queue = world.broker.queue(at('Q'))
    assert.equal(queue?.count, 50)
    assert.equal(queue?.expired, 6)
    assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 5)
  })

  it('is found in the store, where memory does not reach', async () => {
    const world = await World.open({ limits: { windowCountMax: 10, expiryScanMax: 7 } })
    const client = world.connect()
    for (let n = 1; n <= 100; n++) {
      client.post('Q', `${n}`, n % 2 === 0 ? { expiration: world.clock.now() + 40_000 } : {})
    }
    // It waits behind the others.
    client.post('Q', 'fleeting', { expiration: world.clock.now() + 1000, persistent: false })
    world.run()
    world.pass(31_000)
    const queue = world.broker.queue(at('Q'))
    assert.equal(queue?.expired, 1)
    world.pass(MINUTE)
    assert.equal(queue?.expired, 51)
    assert.equal(queue?.count, 50)
    const odd = numbers(1, 100).filter((n) => Number(n) % 2 === 1)
    const consumer = client.consume('Q')
    assert.deepEqual(consumer.drain(), odd)
    assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 50)
    assert.equal(queue?.count, 0)
  })

  it('is found in the backlog of a durable subscription whose client is away', async () => {
    const world = await World.open({ limits: { windowCountMax: 10 } })
    const client = world.connect({ clientId: 'me' })
    client.consume('topic://T', { durableName: 'sub' }).close()
    for (const text of numbers(1, 30)) client.post('topic://T', text, { expiration: world.clock.now() + 1000 })
    client.post('topic://T', 'stays')
    world.run()
    world.pass(MINUTE)
    const consumer = client.consume('topic://T', { durableName: 'sub' })
    assert.deepEqual(consumer.drain(), ['stays'])
    assert.equal([...world.broker.destinations.durables.values()][0]?.backlog.expired, 30)
  })

  it('is found after a restart, while others come and go', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-expiry-'))
    removedAtExit(directory)
    const open = (): Promise<World> =>
      World.open({
        limits: { windowCountMax: 20, expiryScanMax: 50 },
        store: (turn, clock) => openJournalStore({ directory, turn, clock, log: silentLogger }),
      })
    let world = await open()
    let client = world.connect()
    for (let n = 1; n <= 400; n++) {
      client.post('Q', `${n}`, n % 4 === 0 ? {} : { expiration: world.clock.now() + 1000 })
    }
    await world.answered()
    await world.finished(world.broker.close())
    world = await open()
    client = world.connect()
    const queue = world.broker.queue(at('Q'))
    assert.equal(queue?.count, 400)
    world.pass(31_000)
    let posted = 0
    await world.until(() => {
      world.pass(100)
      if (posted++ < 20) client.post('Q', 'more')
      return queue?.expired === 300 && queue.count === 120
    })
    await world.answered()
    const consumer = client.consume('Q', { prefetch: 7 })
    const texts: string[] = []
    await world.until(() => {
      for (const one of consumer.takeAll()) {
        texts.push(one.text)
        consumer.ack(one, { kind: AckKind.Individual })
      }
      return texts.length >= 120
    })
    assert.deepEqual(
      texts.slice(0, 100),
      numbers(1, 400).filter((n) => Number(n) % 4 === 0),
    )
    assert.ok(texts.slice(100).every((text) => text === 'more'))
    assert.equal(queue?.count, 0)
    assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 300)
    await world.finished(world.broker.close())
  })
})
