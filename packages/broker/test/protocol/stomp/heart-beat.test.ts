import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { agreeOnHeartBeats, HeartBeat, Pulse } from '../../../src/protocol/stomp/heart-beat.ts'
import { LineClient } from './line-client.ts'
import { stompBroker } from './stomp-broker.ts'

test('what a client offers and wants is given, but nothing too often', () => {
  assert.deepEqual(agreeOnHeartBeats('10000,20000', 500), { readMs: 10_000, writeMs: 20_000 })
  assert.deepEqual(agreeOnHeartBeats('0,0', 500), { readMs: 0, writeMs: 0 })
  assert.deepEqual(agreeOnHeartBeats('1,2', 500), { readMs: 500, writeMs: 500 })
  for (const text of ['', '1', '1,2,3', '-1,0', 'a,b', '1.5,2', ',', '1,', '99999999999,0']) {
    assert.throws(() => agreeOnHeartBeats(text, 500), { code: 'FRAME_INVALID' }, text)
  }
})

test('silence is measured with the grace that was given', () => {
  const beat = new HeartBeat({ readMs: 1000, writeMs: 0 }, 2, 0)
  assert.equal(beat.look(2000, false), Pulse.Fine)
  assert.equal(beat.look(2100, false), Pulse.Silent)
  beat.heard()
  assert.equal(beat.look(2200, false), Pulse.Fine)
  assert.equal(beat.look(4200, false), Pulse.Fine)
  assert.equal(beat.look(4300, false), Pulse.Silent)
})

test('who has said nothing for half the time speaks', () => {
  const beat = new HeartBeat({ readMs: 0, writeMs: 1000 }, 2, 0)
  assert.equal(beat.look(400, false), Pulse.Fine)
  assert.equal(beat.look(500, false), Pulse.Speak)
  assert.equal(beat.look(900, true), Pulse.Fine)
  assert.equal(beat.look(1300, false), Pulse.Fine)
  assert.equal(beat.look(1400, false), Pulse.Speak)
})

test('a client hears the broker as often as it wants, and one that falls silent is let go', async (t) => {
  const clock = new ManualClock()
  const { address } = await stompBroker(t, '', { clock })
  const client = await LineClient.open(address)
  client.send('CONNECT', { 'accept-version': '1.2', 'heart-beat': '1000,2000' })
  assert.equal((await client.take('CONNECTED')).headers['heart-beat'], '2000,1000')
  client.version = '1.2'
  for (let i = 0; i < 5; i++) {
    const beat = client.heartBeat()
    clock.advance(1100)
    await beat
    client.write('\n')
    await client.nothing()
  }
  clock.advance(1900)
  await client.nothing()
  clock.advance(2200)
  assert.equal((await client.error()).headers['code'], 'INACTIVITY_TIMEOUT')
  await client.closed
})

test('1.0 has no heart-beats, and who says nothing has those of the connector', async (t) => {
  const { address } = await stompBroker(t, '?transport.defaultHeartBeat=5000,6000')
  const old = await LineClient.open(address)
  assert.equal((await old.introduce('1.0', { 'heart-beat': '100,100' })).headers['heart-beat'], '0,0')
  await old.leave()
  const silent = await LineClient.open(address)
  assert.equal((await silent.introduce('1.1')).headers['heart-beat'], '6000,5000')
  await silent.leave()
})
