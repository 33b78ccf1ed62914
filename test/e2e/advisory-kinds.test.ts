import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Connection,
  DeliveryMode,
  type Message,
  type MessageConsumer,
  type Session,
  Topic,
} from '@millrace/client'
import {
  type ConnectionInfo,
  type ConsumerInfo,
  consumerIdText,
  DataType,
  type DestinationInfo,
  messageIdText,
  type OpenWireMessage,
  type ProducerInfo,
  producerIdText,
  type RemoveInfo,
  type RemoveSubscriptionInfo,
} from '@millrace/openwire'
import { type AdvisoryKind, Destination, DestinationKind, type Policy } from 'millrace'
import { type Fixture, SOON, startBroker } from './fixture.ts'

const ALL: Partial<Policy> = {
  advisoryForDelivery: true,
  advisoryForDispatched: true,
  advisoryForConsumed: true,
  advisoryForDiscardingMessages: true,
  advisoryForSlowConsumers: true,
  advisoryForFastProducers: true,
  advisoryWhenFull: true,
  sendAdvisoryIfNoConsumers: true,
}

function everywhere(policy: Partial<Policy>): { destination: Destination; policy: Partial<Policy> }[] {
  return [DestinationKind.Queue, DestinationKind.Topic].map((kind) => ({
    destination: new Destination(kind, '>'),
    policy,
  }))
}

interface Watch {
  readonly session: Session
  /** The next advisory on a topic below `ActiveMQ.Advisory.`. */
  next(name: string): Promise<Message>
  /** Nothing came there. */
  silent(name: string): Promise<void>
}

/** Consumes from the topics of these names from now on. */
async function watch(broker: Fixture, ...names: string[]): Promise<Watch> {
  const connection = await broker.connect()
  const session = await connection.createSession()
  const consumers = new Map<string, MessageConsumer>()
  for (const name of names) {
    consumers.set(name, await session.createConsumer(new Topic(`ActiveMQ.Advisory.${name}`)))
  }
  const of = (name: string): MessageConsumer => {
    const consumer = consumers.get(name)
    assert.ok(consumer !== undefined, `nobody watches ${name}`)
    return consumer
  }
  return {
    session,
    next: async (name) => {
      const message = await of(name).receive(SOON)
      assert.ok(message !== null, `nothing came on ${name}`)
      assert.equal(message.jmsType, 'Advisory')
      assert.equal(message.jmsPriority, 0)
      for (const property of ['originBrokerId', 'originBrokerName', 'originBrokerURL']) {
        assert.equal(typeof message.getObjectProperty(property), 'string', property)
      }
      return message
    },
    silent: async (name) => {
      await connection.sync()
      assert.equal(await of(name).receiveNoWait(), null)
    },
  }
}

/** The payload, which must be of this type. */
function payload<T extends { readonly dataType: number }>(message: Message, dataType: number): T {
  const { dataStructure } = message.wire
  assert.equal(dataStructure?.dataType, dataType)
  return dataStructure as unknown as T
}

async function sendText(connection: Connection, name: string, text: string, persistent = true): Promise<Message> {
  const session = await connection.createSession()
  const topic = name.startsWith('topic://')
  const producer = await session.createProducer(topic ? session.createTopic(name) : session.createQueue(name))
  const message = session.createTextMessage(text)
  message.setStringProperty('about', text)
  await producer.send(message, { deliveryMode: persistent ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT })
  await session.close()
  return message
}

test('connections are told with all but their password', async (t) => {
  const broker = await startBroker(t)
  const watching = await watch(broker, 'Connection')
  const own = payload<ConnectionInfo>(await watching.next('Connection'), DataType.ConnectionInfo)
  assert.match(own.clientId ?? '', /^ID:/)
  const connection = await broker.connect({ clientID: 'me', userName: 'ann', password: 'secret' })
  const info = payload<ConnectionInfo>(await watching.next('Connection'), DataType.ConnectionInfo)
  assert.deepEqual([info.clientId, info.userName, info.password], ['me', 'ann', ''])
  assert.match(info.clientIp ?? '', /127\.0\.0\.1:\d+/)
  await connection.close()
  const removed = payload<RemoveInfo>(await watching.next('Connection'), DataType.RemoveInfo)
  assert.deepEqual(removed.objectId, info.connectionId)
})

test('consumers are told with what they asked for, and how many there are', async (t) => {
  const broker = await startBroker(t)
  const watching = await watch(broker, 'Consumer.Queue.Q', 'Consumer.Topic.T')
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'), {
    selector: 'x = 1',
    prefetchSize: 7,
    priority: 3,
    exclusive: true,
    noLocal: true,
  })
  const added = await watching.next('Consumer.Queue.Q')
  const info = payload<ConsumerInfo>(added, DataType.ConsumerInfo)
  assert.deepEqual(
    [info.clientId, info.destination?.physicalName, info.selector, info.prefetchSize, info.priority],
    ['me', 'Q', 'x = 1', 7, 3],
  )
  assert.deepEqual([info.exclusive, info.noLocal, info.retroactive, info.subscriptionName], [true, true, false, null])
  assert.equal(added.getIntProperty('consumerCount'), 1)
  await consumer.close()
  const removed = await watching.next('Consumer.Queue.Q')
  assert.deepEqual(payload<RemoveInfo>(removed, DataType.RemoveInfo).objectId, info.consumerId)
  assert.equal(removed.getIntProperty('consumerCount'), 0)
  const durable = await session.createDurableConsumer(session.createTopic('T'), 'd', { retroactive: true })
  const durably = await watching.next('Consumer.Topic.T')
  const { subscriptionName, retroactive } = payload<ConsumerInfo>(durably, DataType.ConsumerInfo)
  assert.deepEqual([subscriptionName, retroactive, durably.getIntProperty('consumerCount')], ['d', true, 1])
  await durable.close()
  assert.equal((await watching.next('Consumer.Topic.T')).wire.dataStructure?.dataType, DataType.RemoveInfo)
  await session.unsubscribe('d')
  const deleted = payload<RemoveSubscriptionInfo>(
    await watching.next('Consumer.Topic.T'),
    DataType.RemoveSubscriptionInfo,
  )
  assert.deepEqual([deleted.clientId, deleted.subscriptionName], ['me', 'd'])
})

test('producers are told, those without a destination only when the broker is told to', async (t) => {
  for (const anonymousProducerAdvisorySupport of [false, true]) {
    const broker = await startBroker(t, { behaviour: { anonymousProducerAdvisorySupport } })
    const watching = await watch(broker, 'Producer.Queue.Q', 'Producer.Anonymous')
    const session = await (await broker.connect()).createSession()
    const anonymous = await session.createProducer()
    const producer = await session.createProducer(session.createQueue('Q'))
    const added = await watching.next('Producer.Queue.Q')
    const info = payload<ProducerInfo>(added, DataType.ProducerInfo)
    assert.deepEqual([info.destination?.physicalName, added.getIntProperty('producerCount')], ['Q', 1])
    await producer.close()
    const removed = await watching.next('Producer.Queue.Q')
    assert.deepEqual(payload<RemoveInfo>(removed, DataType.RemoveInfo).objectId, info.producerId)
    assert.equal(removed.getIntProperty('producerCount'), 0)
    await anonymous.close()
    if (!anonymousProducerAdvisorySupport) {
      await watching.silent('Producer.Anonymous')
      continue
    }
    const first = await watching.next('Producer.Anonymous')
    assert.equal(payload<ProducerInfo>(first, DataType.ProducerInfo).destination, null)
    payload<RemoveInfo>(await watching.next('Producer.Anonymous'), DataType.RemoveInfo)
  }
})

test('destinations of each kind are told on a topic of their kind', async (t) => {
  const broker = await startBroker(t)
  const watching = await watch(broker, 'Queue', 'Topic', 'TempQueue', 'TempTopic')
  const connection = await broker.connect()
  const session = await connection.createSession()
  await session.createProducer(session.createQueue('Q'))
  await session.createProducer(session.createTopic('T'))
  const temporaries = [await session.createTemporaryQueue(), await session.createTemporaryTopic()]
  for (const [name, destination] of [
    ['Queue', 'Q'],
    ['Topic', 'T'],
    ['TempQueue', temporaries[0]?.name],
    ['TempTopic', temporaries[1]?.name],
  ] as const) {
    const info = payload<DestinationInfo>(await watching.next(name), DataType.DestinationInfo)
    assert.deepEqual([info.destination?.physicalName, info.operationType], [destination, 0])
  }
  await connection.close()
  for (const name of ['TempQueue', 'TempTopic']) {
    const info = payload<DestinationInfo>(await watching.next(name), DataType.DestinationInfo)
    assert.equal(info.operationType, 1)
  }
})

test('the life of a message is told where the policy allows it, with the names as they are misspelt', async (t) => {
  const broker = await startBroker(t, { policies: everywhere(ALL) })
  const names = ['MessageDelivered', 'MessageDispatched', 'MessageConsumed']
  const watching = await watch(broker, ...names.flatMap((name) => [`${name}.Queue.Q`, `${name}.Topic.T`]))
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  for (const [where, consumer] of [
    ['Queue.Q', await session.createConsumer(session.createQueue('Q'))],
    ['Topic.T', await session.createDurableConsumer(session.createTopic('T'), 'd')],
  ] as const) {
    const uri = where === 'Queue.Q' ? 'queue://Q' : 'topic://T'
    const sent = await sendText(connection, uri, 'body')
    const received = await consumer.receive(SOON)
    assert.ok(received !== null)
    for (const name of names) {
      const advisory = await watching.next(`${name}.${where}`)
      const message = payload<OpenWireMessage>(advisory, DataType.ActiveMQTextMessage)
      assert.equal(message.messageId === null ? null : messageIdText(message.messageId), sent.jmsMessageID)
      assert.equal(message.content, null, 'without the body')
      assert.match(String(message.marshalledProperties), /about/)
      assert.equal(advisory.getStringProperty('orignalMessageId'), sent.jmsMessageID)
      assert.equal(advisory.getStringProperty('orignalDestination'), uri)
      const consumerId = advisory.getObjectProperty('consumerId')
      if (name === 'MessageDelivered') assert.equal(consumerId, undefined)
      else assert.match(String(consumerId), /^ID:.*:\d+:\d+$/)
    }
  }
})

test('without a policy nothing is told of single messages, and expiry and dead letters are told in any case', async (t) => {
  const broker = await startBroker(t)
  const watching = await watch(
    broker,
    'MessageDelivered.Queue.Q',
    'MessageConsumed.Queue.Q',
    'NoConsumer.Queue.Q',
    'Expired.Queue.Q',
    'MessageDLQd.Queue.Q',
  )
  const connection = await broker.connect({ redeliveryPolicy: { maximumRedeliveries: 0, initialRedeliveryDelay: 0 } })
  const session = await connection.createSession()
  const late = session.createTextMessage('late')
  const producer = await session.createProducer(session.createQueue('Q'))
  await producer.send(late, { timeToLive: 1 })
  // Dispatched in time, it would be the consumer's to find out.
  while (Date.now() <= late.jmsExpiration) await connection.sync()
  const transacted = await connection.createSession({ transacted: true })
  const consumer = await transacted.createConsumer(transacted.createQueue('Q'))
  // The broker finds it expired when it would dispatch it, or already when it came.
  const expired = await watching.next('Expired.Queue.Q')
  payload<OpenWireMessage>(expired, DataType.ActiveMQTextMessage)
  assert.equal(expired.getStringProperty('orignalMessageId'), late.jmsMessageID)
  const bad = session.createTextMessage('bad')
  await producer.send(bad)
  assert.ok((await consumer.receive(SOON)) !== null)
  await transacted.rollback()
  const idOf = (advisory: Message): string => {
    const { messageId, destination, content } = payload<OpenWireMessage>(advisory, DataType.ActiveMQTextMessage)
    assert.deepEqual([destination?.physicalName, content], ['Q', null])
    assert.equal(advisory.getObjectProperty('orignalMessageId'), undefined)
    return messageId === null ? '' : messageIdText(messageId)
  }
  const ids = new Set<string>()
  while (!ids.has(bad.jmsMessageID ?? '')) ids.add(idOf(await watching.next('MessageDLQd.Queue.Q')))
  for (const name of ['MessageDelivered', 'MessageConsumed', 'NoConsumer']) await watching.silent(`${name}.Queue.Q`)
})

test('the body is part of an advisory when the policy includes it', async (t) => {
  const broker = await startBroker(t, { policies: everywhere({ ...ALL, includeBodyForAdvisory: true }) })
  const watching = await watch(broker, 'MessageDelivered.Queue.Q')
  await sendText(await broker.connect(), 'Q', 'body')
  const advisory = await watching.next('MessageDelivered.Queue.Q')
  assert.match(String(payload<OpenWireMessage>(advisory, DataType.ActiveMQTextMessage).content), /body/)
})

test('a message that nobody consumes is itself sent to the advisory topic, unless it is persistent', async (t) => {
  const broker = await startBroker(t, { policies: everywhere(ALL) })
  const session = await (await broker.connect()).createSession()
  const connection = await broker.connect()
  for (const [uri, name] of [
    ['queue://Q', 'NoConsumer.Queue.Q'],
    ['topic://T', 'NoConsumer.Topic.T'],
  ] as const) {
    const consumer = await session.createConsumer(session.createTopic(`ActiveMQ.Advisory.${name}`))
    await sendText(connection, uri, 'persistent')
    const sent = await sendText(connection, uri, 'for nobody', false)
    const message = await consumer.receive(SOON)
    assert.equal(message?.jmsMessageID, sent.jmsMessageID)
    assert.equal(message?.getStringProperty('about'), 'for nobody')
    assert.equal(message?.wire.dataStructure, null)
  }
})

test('a consumer that has all it may hold while more waits is told of as slow, once', async (t) => {
  const broker = await startBroker(t, { policies: everywhere(ALL) })
  const watching = await watch(broker, 'SlowConsumer.Queue.Q', 'SlowConsumer.Topic.T')
  const connection = await broker.connect()
  const session = await connection.createSession()
  for (const [uri, name] of [
    ['queue://Q', 'SlowConsumer.Queue.Q'],
    ['topic://T', 'SlowConsumer.Topic.T'],
  ] as const) {
    const destination = name.includes('Queue') ? session.createQueue('Q') : session.createTopic('T')
    const consumer = await session.createConsumer(destination, { prefetchSize: 1 })
    for (const text of ['1', '2', '3']) await sendText(connection, uri, text)
    const advisory = await watching.next(name)
    const { consumerId } = payload<ConsumerInfo>(advisory, DataType.ConsumerInfo)
    assert.ok(consumerId !== null)
    assert.equal(advisory.getStringProperty('consumerId'), consumerIdText(consumerId))
    await watching.silent(name)
    await consumer.close()
  }
})

test('what a slow topic consumer loses is told, with how many it has lost', async (t) => {
  const broker = await startBroker(t, { policies: everywhere(ALL) })
  const watching = await watch(broker, 'MessageDiscarded.Topic.T')
  const connection = await broker.connect()
  const session = await connection.createSession()
  await session.createConsumer(session.createTopic('T'), { prefetchSize: 1, maximumPendingMessageLimit: 1 })
  for (const text of ['1', '2', '3', '4']) await sendText(connection, 'topic://T', text, false)
  for (const count of [1, 2]) {
    const advisory = await watching.next('MessageDiscarded.Topic.T')
    payload<OpenWireMessage>(advisory, DataType.ActiveMQTextMessage)
    assert.equal(advisory.getIntProperty('discardedCount'), count)
    assert.equal(advisory.getStringProperty('orignalDestination'), 'topic://T')
    assert.match(advisory.getStringProperty('consumerId') ?? '', /^ID:/)
  }
})

test('a producer that has to wait, and the limit that it met, are told', async (t) => {
  const broker = await startBroker(t, { policies: everywhere(ALL), limits: { memoryBytesMax: 20_000 } })
  const watching = await watch(broker, 'FastProducer.Queue.Q', 'FULL.Queue.Q')
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const sends = []
  for (let left = 30; left > 0; left--) {
    sends.push(
      producer.send(session.createTextMessage('x'.repeat(1000)), { deliveryMode: DeliveryMode.NON_PERSISTENT }),
    )
  }
  const fast = await watching.next('FastProducer.Queue.Q')
  const { producerId } = payload<ProducerInfo>(fast, DataType.ProducerInfo)
  assert.ok(producerId !== null)
  assert.equal(fast.getStringProperty('producerId'), producerIdText(producerId))
  const full = await watching.next('FULL.Queue.Q')
  assert.equal(full.wire.dataStructure, null)
  assert.equal(full.getStringProperty('usageName'), 'memory')
  assert.ok(full.getLongProperty('usageCount') >= 20_000n)
  await watching.silent('FULL.Queue.Q')
  const other = await (await broker.connect()).createSession()
  const consumer = await other.createConsumer(other.createQueue('Q'))
  for (let left = 30; left > 0; left--) assert.ok((await consumer.receive(SOON)) !== null)
  await Promise.all(sends)
})

test('every new listener is told that this broker is in charge', async (t) => {
  const broker = await startBroker(t)
  for (let left = 2; left > 0; left--) {
    const watching = await watch(broker, 'MasterBroker')
    assert.equal((await watching.next('MasterBroker')).wire.dataStructure, null)
    await watching.silent('MasterBroker')
  }
})

test('bridges are told, and what they could not hand on', async (t) => {
  const broker = await startBroker(t)
  const watching = await watch(broker, 'NetworkBridge', 'NetworkBridge.ForwardFailure')
  const { advisories } = broker.service.broker
  const bridge = {
    brokerId: 'ID:far',
    brokerName: 'far',
    brokerUrl: 'tcp://far:61616',
    createdByDuplex: false,
    remoteAddress: '10.0.0.1:61616',
  }
  advisories.bridge('bridge-started', bridge)
  advisories.bridge('bridge-stopped', bridge)
  for (const started of [true, false]) {
    const advisory = await watching.next('NetworkBridge')
    assert.equal(advisory.wire.dataStructure?.dataType, DataType.BrokerInfo)
    assert.equal(advisory.getBooleanProperty('started'), started)
    assert.equal(advisory.getBooleanProperty('createdByDuplex'), false)
    assert.equal(advisory.getStringProperty('remoteIp'), '10.0.0.1:61616')
  }
  const connection = await broker.connect()
  const stop = broker.service.broker.events.on('message-delivered', ({ message }) => {
    advisories.forwardFailed(message, 'the link broke')
  })
  await sendText(connection, 'Q', 'x')
  stop()
  const failure = await watching.next('NetworkBridge.ForwardFailure')
  payload<OpenWireMessage>(failure, DataType.ActiveMQTextMessage)
  assert.equal(failure.getStringProperty('cause'), 'the link broke')
})

test('a new listener is told the present state, and only it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  await session.createConsumer(session.createQueue('Q'))
  await session.createProducer(session.createQueue('Q'))
  await session.createTemporaryQueue()
  const names = ['Connection', 'Queue', 'TempQueue', 'Consumer.Queue.Q', 'Producer.Queue.Q']
  const first = await watch(broker, ...names)
  // Connection: both; each of the others: one.
  for (const name of ['Connection', ...names]) await first.next(name)
  const second = await watch(broker, ...names)
  for (const name of ['Connection', 'Connection', ...names]) await second.next(name)
  // The one that it was told is that the second watcher connected.
  await first.next('Connection')
  for (const name of names) await first.silent(name)
})

test('a broker without advisories publishes none, and events are told all the same', async (t) => {
  const broker = await startBroker(t, { behaviour: { advisorySupport: false } })
  const told: string[] = []
  broker.service.broker.events.on('connection-added', ({ connection }) => told.push(connection.clientId))
  const watching = await watch(broker, 'Connection', 'Queue', 'MasterBroker')
  await sendText(await broker.connect({ clientID: 'me' }), 'Q', 'x')
  for (const name of ['Connection', 'Queue', 'MasterBroker']) await watching.silent(name)
  assert.equal(told.at(-1), 'me')
})

test('code in the process is told what clients are told, typed, and of messages without a policy', async (t) => {
  const broker = await startBroker(t)
  const { events } = broker.service.broker
  const told: string[] = []
  const stops = [
    events.on('connection-added', ({ connection }) => told.push(`connection ${connection.clientId}`)),
    events.on('destination-added', ({ destination }) => told.push(`destination ${destination.text}`)),
    events.on('consumer-added', ({ consumer, count }) => told.push(`consumer ${consumer.prefetch} ${count}`)),
    events.on('consumer-removed', ({ count }) => told.push(`consumer gone ${count}`)),
    events.on('producer-added', ({ destination }) => told.push(`producer ${destination?.text}`)),
    events.on('message-delivered', ({ message }) => told.push(`delivered ${message.type}`)),
    events.on('message-dispatched', ({ message }) => told.push(`dispatched ${message.type}`)),
    events.on('message-consumed', ({ destination }) => told.push(`consumed ${destination.name}`)),
    events.on('connection-removed', ({ connection }) => told.push(`connection gone ${connection.clientId}`)),
  ]
  const connection = await broker.connect({ clientID: 'me', watchTopicAdvisories: false })
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'), { prefetchSize: 3 })
  const message = session.createTextMessage('x')
  message.jmsType = 'a'
  await (await session.createProducer(session.createQueue('Q'))).send(message)
  assert.ok((await consumer.receive(SOON)) !== null)
  await consumer.close()
  await connection.close()
  assert.deepEqual(told, [
    'connection me',
    'destination queue://Q',
    'consumer 3 1',
    'producer queue://Q',
    'delivered a',
    'dispatched a',
    'consumed Q',
    'consumer gone 0',
    'connection gone me',
  ])
  for (const stop of stops) stop()
  const kinds: readonly AdvisoryKind[] = ['connection-added', 'message-delivered']
  assert.ok(kinds.every((kind) => !events.wants(kind)))
  assert.equal(broker.service.broker.advisories.watched, 0, 'nobody is left for whom to look')
})
