import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { Tarpit } from '../../src/net/tarpit.ts'
import { LineClient } from '../protocol/stomp/line-client.ts'
import { heard, open, portOf, started } from './sockets.ts'

test('a few that break the rules in a second are let go, and many are not', () => {
  const tarpit = new Tarpit(10_000)
  const taken = (nowMs: number, count: number): number =>
    Array.from({ length: count }, () => tarpit.takes(nowMs)).filter((held) => held).length
  assert.equal(taken(1000, 20), 0)
  assert.equal(taken(1000, 30), 30)
  assert.equal(taken(2000, 15), 5)
  // Ten a second are nothing.
  for (let second = 10; second < 20; second++) assert.equal(taken(second * 1000, 10), 0)
  assert.equal(tarpit.held, 35)
  tarpit.release()
  assert.equal(tarpit.held, 34)
})

test('no more are held than a share of the connections that there may be', () => {
  const tarpit = new Tarpit(50)
  for (let i = 0; i < 100; i++) tarpit.takes(0)
  assert.equal(tarpit.held, 5)
})

for (const scheme of ['stomp', 'auto']) {
  test(`of a flood of rubbish at a ${scheme} port the later ones are told why, and held for five seconds`, async (t) => {
    const clock = new ManualClock()
    const service = await started(t, { listen: [`${scheme}://127.0.0.1:0`], clock })
    const before: Promise<Buffer>[] = []
    for (let i = 0; i < 20; i++) {
      const socket = await open(portOf(service))
      before.push(heard(socket))
      socket.write('NONSENSE\nno-header\n\n\0')
    }
    // All of them end although no time passes.
    await Promise.all(before)
    const sockets = await Promise.all(Array.from({ length: 10 }, () => open(portOf(service))))
    const ends = sockets.map(heard)
    const words = sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve)))
    for (const socket of sockets) socket.write('NONSENSE\nno-header\n\n\0')
    if (scheme === 'stomp') await Promise.all(words)
    // Those that are held are in nobody's way, and do not count.
    const steady = await LineClient.connect(service.addresses[0] ?? '')
    await steady.ask('SEND', { destination: '/queue/a' }, 'meanwhile')
    while (service.connectionCount > 1) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(
      sockets.map((socket) => socket.closed),
      sockets.map(() => false),
    )
    clock.advance(6000)
    await Promise.all(ends)
    await steady.leave()
  })
}

test('a broker that stops waits for nobody who is held', async (t) => {
  const clock = new ManualClock()
  const service = await started(t, { listen: ['stomp://127.0.0.1:0'], clock })
  const sockets = await Promise.all(Array.from({ length: 40 }, () => open(portOf(service))))
  const ends = sockets.map(heard)
  const words = sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve)))
  for (const socket of sockets) socket.write('NONSENSE\n\n\0')
  await Promise.all(words)
  await service.stop()
  await Promise.all(ends)
})
