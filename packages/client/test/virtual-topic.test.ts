import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Topic } from '../src/destination.ts'
import { InvalidDestinationError } from '../src/errors.ts'
import { virtualTopicQueue } from '../src/virtual-topic.ts'

test('the queue of a group of a virtual topic has the name that brokers expect', () => {
  assert.equal(
    String(virtualTopicQueue(new Topic('VirtualTopic.Orders.EU'), 'billing')),
    'queue://Consumer.billing.VirtualTopic.Orders.EU',
  )
  assert.throws(() => virtualTopicQueue(new Topic('Orders'), 'billing'), InvalidDestinationError)
  for (const wrong of ['', 'a.b', '*', 'a b', 'a,b', 'a?b']) {
    assert.throws(() => virtualTopicQueue(new Topic('VirtualTopic.Orders'), wrong), InvalidDestinationError)
  }
})
