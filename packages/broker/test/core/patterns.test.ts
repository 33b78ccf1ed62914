import { seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PatternTree } from '../../src/core/pattern-tree.ts'
import type { Destination } from '../../src/message/destination.ts'
import { at, World } from './world.ts'

test('the tree of patterns says the same as each pattern by itself', () => {
  const seed = Number(process.env['SEED'] ?? 20_261)
  const random = seededRandom(seed)
  const pick = (list: readonly string[]): string => list[random(list.length)] as string
  const name = (elements: readonly string[]): string =>
    Array.from({ length: 1 + random(4) }, () => pick(elements)).join('.')
  const tree = new PatternTree<string>()
  const patterns = new Map<string, Destination>()
  for (let i = 0; i < 3_000; i++) {
    const pattern = at(`${pick(['queue://', 'topic://'])}${name(['a', 'b', 'c', '*', '>'])}`)
    if (random(10) < 3) {
      patterns.delete(pattern.text)
      tree.remove(pattern, pattern.text)
    } else {
      patterns.set(pattern.text, pattern)
      tree.add(pattern, pattern.text)
    }
    const plain = at(`${pick(['queue://', 'topic://'])}${name(['a', 'b', 'c', 'd'])}`)
    const expected = [...patterns.values()].filter((one) => one.matches(plain)).map((one) => one.text)
    assert.deepEqual([...tree.matching(plain)].toSorted(), expected.toSorted(), `seed ${seed}, ${plain.text}`)
  }
})

test('pattern consumers get what is made later, and nothing after they are gone', async () => {
  const world = await World.open()
  const client = world.connect()
  const all = client.consume('topic://A.>')
  const one = client.consume('topic://A.*')
  client.send('topic://A.x', '1')
  client.send('topic://A.x.y', '2')
  client.send('topic://B', '3')
  assert.deepEqual(all.texts, ['1', '2'])
  assert.deepEqual(one.texts, ['1'])
  one.close()
  client.send('topic://A.z', '4')
  assert.deepEqual(one.texts, ['1'])
  assert.deepEqual(all.texts, ['1', '2', '4'])
})

test('subscriptions to a topic whose selectors demand something else are not looked at', async () => {
  const world = await World.open({ limits: { consumersPerConnectionMax: 10_000 } })
  const client = world.connect()
  const unrelated = Array.from({ length: 2_000 }, (_, i) =>
    client.consumeLater('topic://T', { selector: `JMSCorrelationID = 'c${i}' AND JMSPriority = 4` }),
  )
  const either = client.consume('topic://T', { selector: "JMSType IN ('a', 'b')" })
  const plain = client.consume('topic://T', { selector: "JMSType <> 'a'" })
  let looked = 0
  for (const { subscription } of [...unrelated, either, plain]) {
    const { wants } = subscription
    subscription.wants = (message, redeliveries, subject) => {
      looked++
      return wants.call(subscription, message, redeliveries, subject)
    }
  }
  client.send('topic://T', '1', { type: 'b', correlationId: 'c1234' })
  client.send('topic://T', '2', { type: 'a' })
  assert.deepEqual(either.texts, ['1', '2'])
  assert.deepEqual(plain.texts, ['1'])
  assert.deepEqual(unrelated[1_234]?.texts, ['1'])
  assert.equal(looked, 5)
  either.close()
  client.send('topic://T', '3', { type: 'b' })
  assert.deepEqual(either.texts, ['1', '2'])
})
