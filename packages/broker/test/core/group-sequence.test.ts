import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './world.ts'

test('a negative sequence closes the group that its owner has, and opens one that nobody has', async () => {
  const world = await World.open()
  const client = world.connect()
  const [one, other] = [client.consume('Q'), client.consume('Q')]
  const firsts = (): string[] =>
    [one, other].flatMap((consumer) => consumer.received.filter(({ groupFirst }) => groupFirst).map(({ text }) => text))

  // Nobody has it: it is the first of the group, which stays with who gets it.
  client.send('Q', 'opens', { groupId: 'g', groupSequence: -1 })
  const [owner, stranger] = one.texts.includes('opens') ? [one, other] : [other, one]
  client.send('Q', 'follows', { groupId: 'g' })
  client.send('Q', 'closes', { groupId: 'g', groupSequence: -1 })
  assert.deepEqual(owner.texts, ['opens', 'follows', 'closes'])
  assert.deepEqual(stranger.texts, [])
  assert.deepEqual(firsts(), ['opens'])
  client.send('Q', 'begins', { groupId: 'g' })
  assert.deepEqual(firsts().sort(), ['begins', 'opens'])
})
