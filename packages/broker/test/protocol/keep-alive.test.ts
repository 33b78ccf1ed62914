import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { ConnectionId, ConnectionInfo, DataType, KeepAliveInfo } from '@millrace/openwire'
import { KeepAlive, Pulse } from '../../src/protocol/openwire/keep-alive.ts'
import { BrokerService } from '../../src/service.ts'
import { RawClient } from './raw-client.ts'

test('two looks with nothing heard in between end the link', () => {
  const pulse = new KeepAlive(900, 100, 0)
  assert.equal(pulse.look(99), Pulse.Fine)
  assert.equal(pulse.look(100), Pulse.Fine)
  pulse.heard()
  pulse.said()
  assert.notEqual(pulse.look(1000), Pulse.Silent)
  assert.notEqual(pulse.look(1899), Pulse.Silent)
  assert.equal(pulse.look(1900), Pulse.Silent)
})

test('who has said nothing since the last look speaks, three times as often as it listens', () => {
  const pulse = new KeepAlive(900, 100, 0)
  assert.equal(pulse.look(100), Pulse.Fine)
  assert.equal(pulse.look(399), Pulse.Fine)
  assert.equal(pulse.look(400), Pulse.Speak)
  pulse.said()
  assert.equal(pulse.look(700), Pulse.Fine)
  pulse.heard()
  assert.equal(pulse.look(1000), Pulse.Speak)
})

test('a limit of 0 watches nobody', () => {
  const pulse = new KeepAlive(0, 100, 0)
  assert.equal(pulse.look(1_000_000), Pulse.Fine)
})

test('a silent peer is cut off after the agreed time, and one that is alive is not', async () => {
  const clock = new ManualClock()
  const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null, clock })
  await service.start()
  const address = service.addresses[0] ?? ''
  const offer = { maxInactivityDuration: 900, maxInactivityDurationInitialDelay: 100 }
  const silent = await RawClient.connect(address, 'silent', offer)
  const alive = await RawClient.connect(address, 'alive', offer)
  clock.advance(500)
  const ping = await alive.take(DataType.KeepAliveInfo)
  assert.equal(ping.responseRequired, false)
  for (let i = 0; i < 4; i++) {
    await alive.barrier()
    clock.advance(500)
  }
  await silent.closed
  await alive.leave()
  await service.stop()
})

test('a keep-alive that asks is answered with one that does not, under the same number', async () => {
  const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null })
  await service.start()
  const client = await RawClient.connect(service.addresses[0] ?? '', 'asking')
  const ping = new KeepAliveInfo()
  ping.commandId = 77
  ping.responseRequired = true
  client.send(ping)
  const answer = await client.take(DataType.KeepAliveInfo)
  assert.deepEqual([answer.commandId, answer.responseRequired], [77, false])
  await client.leave()
  await service.stop()
})

test('who does not introduce itself in time is let go', async () => {
  const clock = new ManualClock()
  const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null, clock })
  await service.start()
  const address = service.addresses[0] ?? ''
  const mute = await RawClient.open(address)
  const greeted = await RawClient.greet(address, { maxInactivityDuration: 0 })
  const beating = await RawClient.greet(address, { maxInactivityDuration: 60_000 })
  const introduced = await RawClient.connect(address, 'introduced', { maxInactivityDuration: 0 })
  clock.advance(30_000)
  await mute.closed
  await greeted.closed
  await introduced.leave()
  // As long as its heart beats it may be introduced when it is first used, as Java clients are.
  const connection = new ConnectionInfo()
  connection.connectionId = new ConnectionId()
  connection.connectionId.value = 'late'
  connection.clientId = 'late'
  await beating.ask(connection)
  await beating.vanish()
  await service.stop()
})
