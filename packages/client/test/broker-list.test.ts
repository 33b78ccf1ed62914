import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@millrace/base'
import { type FailoverOptions, failoverSettings } from '../src/failover-options.ts'
import { BackOff } from '../src/transport/back-off.ts'
import { BrokerList } from '../src/transport/broker-list.ts'
import { type BrokerUrl, formatBrokerUrl, parseBrokerUrl } from '../src/uri.ts'

function listOf(text: string, options: FailoverOptions = {}): BrokerList {
  return new BrokerList(parseBrokerUrl(text), failoverSettings({ randomize: false, ...options }), seededRandom(1))
}

function names(urls: readonly BrokerUrl[]): string[] {
  return urls.map(formatBrokerUrl)
}

test('nested lists are one list, and nested options reach each of it', () => {
  const list = listOf('failover:(static:(tcp://a:1,tcp://b:2?keepAlive=false),tcp://c:3)?nested.keepAlive=true')
  assert.deepEqual(names(list.all), ['tcp://a:1', 'tcp://b:2', 'tcp://c:3'])
  assert.deepEqual(
    list.all.map((url) => url.query.get('keepAlive')),
    ['true', 'true', 'true'],
  )
})

test('what has just failed comes last, where a broker sends us first', () => {
  const list = listOf('failover:(tcp://a:1,tcp://b:2,tcp://c:3)')
  assert.deepEqual(names(list.order(parseBrokerUrl('tcp://a:1'), null)), ['tcp://b:2', 'tcp://c:3', 'tcp://a:1'])
  const sent = list.order(parseBrokerUrl('tcp://a:1'), parseBrokerUrl('tcp://c:3'))
  assert.deepEqual(names(sent), ['tcp://c:3', 'tcp://b:2', 'tcp://a:1'])
})

test('random order is another each time, and has all of them', () => {
  const list = listOf('failover:(tcp://a:1,tcp://b:2,tcp://c:3,tcp://d:4)', { randomize: true })
  const orders = Array.from({ length: 20 }, () => names(list.order(null, null)).join())
  assert.ok(new Set(orders).size > 1)
  for (const order of orders)
    assert.equal(order.split(',').toSorted().join(), 'tcp://a:1,tcp://b:2,tcp://c:3,tcp://d:4')
})

test('with priorityBackup those of priority come first', () => {
  const list = listOf('failover:(tcp://a:1,tcp://b:2)', { priorityBackup: true, priorityURIs: 'tcp://b:2' })
  assert.deepEqual(names(list.order(null, null)), ['tcp://b:2', 'tcp://a:1'])
})

test('a broker may name others, but only of a scheme that the URL has', () => {
  const list = listOf('failover:(ssl://a:1)?nested.keepAlive=true')
  const { changed, refused } = list.update('ssl://b:2?verifyHostName=false,tcp://c:3,vm://d,failover:(ssl://e:5)')
  assert.equal(changed, true)
  assert.deepEqual(refused, ['tcp://c:3', 'vm://d', 'failover:(ssl://e:5)'])
  assert.deepEqual(names(list.all), ['ssl://a:1', 'ssl://b:2'])
  assert.deepEqual([...(list.all[1]?.query ?? [])], [['keepAlive', 'true']])
  assert.equal(list.add('tcp://evil:1'), null)
  assert.equal(list.update('ssl://b:2').changed, false)
})

test('the delay begins with initialReconnectDelay, doubles, and stops at the most', () => {
  const backOff = new BackOff(failoverSettings({ initialReconnectDelay: 5, maxReconnectDelay: 50 }))
  const delays = (): number[] => Array.from({ length: 6 }, () => backOff.next())
  assert.deepEqual(delays(), [5, 10, 20, 40, 50, 50])
  backOff.reset()
  assert.deepEqual(delays(), [5, 10, 20, 40, 50, 50])
  const even = new BackOff(failoverSettings({ useExponentialBackOff: false, reconnectDelay: 7 }))
  assert.deepEqual([even.next(), even.next(), even.next()], [10, 7, 7])
})
