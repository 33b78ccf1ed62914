import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  ActiveMQBlobMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTempQueue,
  ActiveMQTextMessage,
  ConnectionId,
  ConsumerControl,
  ControlCommand,
  DataType,
  DestinationInfo,
  ExceptionResponse,
  FlushCommand,
  MessageDispatch,
  MessageId,
  MessagePull,
  type OpenWireMessage,
  ProducerAck,
  RemoveSubscriptionInfo,
  ShutdownInfo,
  TransactionInfo,
} from '@millrace/openwire'
import { BrokerService } from '../../src/service.ts'
import { messageOf, queue, RawClient, textBody, textOf, topic } from './raw-client.ts'

const EVERY_FORM = 'openwire://127.0.0.1:0?wireFormat.cacheEnabled=true&wireFormat.tightEncodingEnabled=true'
const clock = new ManualClock(1_800_000_000_000)
const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0', EVERY_FORM], vmName: null, clock })
let address = ''
/** Here a client may have the encoding it wants. */
let fanOutAddress = ''

/** Nobody watches for silence, so that a test may turn the clock. */
const patient = { maxInactivityDuration: 0 }

before(async () => {
  await service.start()
  address = service.addresses[0] ?? ''
  fanOutAddress = service.addresses[1] ?? ''
})
after(() => service.stop())

describe('messages', () => {
  test('consumers of one topic each get the message in their own version and form, from one encoding or another', async () => {
    const offers = [
      { version: 12 },
      { version: 12 },
      { version: 12, cacheEnabled: true },
      { version: 12, tightEncodingEnabled: true },
      { version: 3 },
      { version: 3 },
      { version: 12, maxFrameSize: 65_536 },
    ]
    const consumers: RawClient[] = []
    for (const [i, offer] of offers.entries()) {
      const client = await RawClient.connect(fanOutAddress, `fan-out ${i}`, offer)
      await client.ask(client.consumer(i + 1, topic('fan-out')))
      consumers.push(client)
    }
    const sender = await RawClient.connect(fanOutAddress, 'fan-out sender')
    await sender.ask(sender.producer(1, topic('fan-out')))
    for (let number = 1; number <= 3; number++) {
      const sent = sender.text(1, number, topic('fan-out'), `number ${number}`)
      sent.persistent = number % 2 === 0
      sent.correlationId = `correlation ${number}`
      await sender.ask(sent)
    }
    for (const [i, client] of consumers.entries()) {
      for (let number = 1; number <= 3; number++) {
        const dispatch = await client.takeMessage()
        assert.equal(textOf(dispatch), `number ${number}`)
        assert.equal(Number(dispatch.consumerId?.value), i + 1)
        assert.equal(dispatch.consumerId?.connectionId, client.consumer(1, topic('fan-out')).consumerId?.connectionId)
        assert.equal(dispatch.destination?.physicalName, 'fan-out')
        assert.equal(messageOf(dispatch).correlationId, `correlation ${number}`)
        assert.equal(messageOf(dispatch).persistent, number % 2 === 0)
        await client.ask(client.ack(dispatch))
      }
      await client.leave()
    }
    await sender.leave()
  })

  test('a persistent message is sent, received, acknowledged and gone', async () => {
    const client = await RawClient.connect(address, 'smoke')
    await client.ask(client.producer(1, queue('smoke')))
    await client.ask(client.text(1, 1, queue('smoke'), 'one'))
    await client.ask(client.consumer(1, queue('smoke')))
    const dispatch = await client.takeMessage()
    assert.equal(textOf(dispatch), 'one')
    assert.equal(dispatch.redeliveryCounter, 0)
    assert.ok(Number(messageOf(dispatch).messageId?.brokerSequenceId) > 0)
    assert.equal(Number(messageOf(dispatch).brokerInTime), clock.now())
    assert.equal(Number(messageOf(dispatch).brokerOutTime), clock.now())
    await client.ask(client.ack(dispatch))
    await client.leave()

    const other = await RawClient.connect(address, 'smoke')
    const browser = other.consumer(1, queue('smoke'))
    browser.browser = true
    await other.ask(browser)
    const end = await other.takeMessage()
    assert.deepEqual([end.message, end.destination], [null, null])
    await other.leave()
  })

  test('every kind of message arrives with everything its sender said, and nothing that only brokers may say', async () => {
    const kinds: readonly (() => OpenWireMessage)[] = [
      () => new ActiveMQMessage(),
      () => new ActiveMQBytesMessage(),
      () => new ActiveMQMapMessage(),
      () => new ActiveMQObjectMessage(),
      () => new ActiveMQStreamMessage(),
      () => new ActiveMQTextMessage(),
      () => new ActiveMQBlobMessage(),
    ]
    for (const version of [12, 9, 5, 3, 1]) {
      const client = await RawClient.connect(address, `kinds ${version}`, { version })
      const place = queue(`kinds.${version}`)
      await client.ask(client.producer(1, place))
      await client.ask(client.consumer(1, place))
      let sequence = 0
      for (const make of kinds) {
        const sent = make()
        if (sent instanceof ActiveMQBlobMessage && version < 3) continue
        sent.producerId = client.producerId(1)
        sent.destination = place
        sent.messageId = new MessageId()
        sent.messageId.producerId = sent.producerId
        sent.messageId.producerSequenceId = ++sequence
        sent.groupID = 'group'
        sent.groupSequence = 3
        sent.correlationId = 'correlation'
        sent.persistent = false
        sent.expiration = clock.now() + 60_000
        sent.priority = 7
        sent.replyTo = topic('answers')
        sent.timestamp = clock.now() - 1
        sent.type = 'kind'
        sent.content = textBody('äöü')
        sent.marshalledProperties = Buffer.from('00000001000161090001', 'hex')
        sent.compressed = true
        sent.userID = 'me'
        sent.originalDestination = queue('before')
        sent.brokerInTime = 5
        sent.targetConsumerId = client.consumerId(99)
        sent.redeliveryCounter = 9
        if (sent instanceof ActiveMQBlobMessage) {
          sent.remoteBlobUrl = 'http://example.org/blob'
          sent.mimeType = 'text/plain'
          sent.deletedByBroker = true
        }
        client.send(sent)
        const dispatch = await client.takeMessage()
        const got = messageOf(dispatch)
        const expected = Object.assign(make(), sent, {
          commandId: 0,
          responseRequired: false,
          messageId: got.messageId,
          brokerInTime: version < 3 ? 0 : clock.now(),
          brokerOutTime: version < 3 ? 0 : clock.now(),
          targetConsumerId: null,
          redeliveryCounter: 0,
          jmsXGroupFirstForConsumer: version >= 10 && sequence === 1,
        })
        assert.deepEqual(got, expected)
        assert.equal(got.messageId?.producerSequenceId, sequence)
        assert.deepEqual(got.messageId?.producerId, sent.producerId)
        assert.deepEqual(dispatch.destination, place)
        client.send(client.ack(dispatch))
      }
      await client.leave()
    }
  })

  test('an id of another protocol stays the id', async () => {
    const client = await RawClient.connect(address, 'foreign')
    await client.ask(client.producer(1, queue('foreign')))
    const message = client.text(1, 1, queue('foreign'), 'x')
    if (message.messageId !== null) message.messageId.textView = 'ID:somewhere-else'
    await client.ask(message)
    await client.ask(client.consumer(1, queue('foreign')))
    const dispatch = await client.takeMessage()
    assert.equal(messageOf(dispatch).messageId?.textView, 'ID:somewhere-else')
    // A client that gives back only the text.
    const ack = client.ack(dispatch)
    for (const id of [ack.firstMessageId, ack.lastMessageId]) if (id !== null) id.brokerSequenceId = 0
    await client.ask(ack)
    await client.leave()
  })

  test('an acknowledgement by id alone, without the broker sequence, is understood', async () => {
    const client = await RawClient.connect(address, 'by id')
    await client.ask(client.producer(1, queue('by.id')))
    for (let i = 1; i <= 3; i++) await client.ask(client.text(1, i, queue('by.id'), `${i}`))
    await client.ask(client.consumer(1, queue('by.id')))
    const dispatches = [await client.takeMessage(), await client.takeMessage(), await client.takeMessage()]
    const ack = client.ack(dispatches[2] as MessageDispatch)
    ack.firstMessageId = messageOf(dispatches[0] as MessageDispatch).messageId
    ack.messageCount = 3
    for (const id of [ack.firstMessageId, ack.lastMessageId]) if (id !== null) id.brokerSequenceId = 0
    await client.ask(ack)
    const other = await RawClient.connect(address, 'by id, after')
    await client.leave()
    const pull = new MessagePull()
    await other.ask(other.consumer(1, queue('by.id'), 0))
    pull.consumerId = other.consumerId(1)
    pull.destination = queue('by.id')
    pull.timeout = -1
    await other.ask(pull)
    assert.equal((await other.takeMessage()).message, null)
    await other.leave()
  })

  test('a message too large for its consumer is given up instead of coming back for ever', async () => {
    const small = await RawClient.connect(address, 'small', { maxFrameSize: 4096 })
    const big = await RawClient.connect(address, 'big')
    await small.ask(small.consumer(1, queue('sizes')))
    await big.ask(big.producer(1, queue('sizes')))
    await big.ask(big.text(1, 1, queue('sizes'), 'x'.repeat(8000)))
    await big.ask(big.text(1, 2, queue('sizes'), 'fits'))
    assert.equal(textOf(await small.takeMessage()), 'fits')
    await big.ask(big.consumer(1, queue('ActiveMQ.DLQ')))
    const dead = messageOf(await big.takeMessage())
    assert.equal(dead.messageId?.producerSequenceId, 1)
    assert.deepEqual(dead.originalDestination, queue('sizes'))
    await small.leave()
    await big.leave()
  })

  test('what a vanished client had comes again, marked as redelivered', async () => {
    const first = await RawClient.connect(address, 'first')
    await first.ask(first.producer(1, queue('again')))
    await first.ask(first.text(1, 1, queue('again'), 'x'))
    await first.ask(first.consumer(1, queue('again')))
    await first.takeMessage()
    await first.vanish()
    const second = await RawClient.connect(address, 'second')
    await second.ask(second.consumer(1, queue('again')))
    const dispatch = await second.takeMessage()
    assert.equal(dispatch.redeliveryCounter, 1)
    await second.ask(second.ack(dispatch))
    await second.leave()
  })

  test('with what a client says when it leaves, only what was seen counts as delivered', async () => {
    for (const [version, expected] of [
      [12, [1, 0]],
      // No such field on the wire: nobody knows, so all may have been seen.
      [4, [1, 1]],
    ] as const) {
      const place = queue(`seen.${version}`)
      const client = await RawClient.connect(address, 'leaving', { version })
      await client.ask(client.producer(1, place))
      await client.ask(client.text(1, 1, place, 'seen'))
      await client.ask(client.text(1, 2, place, 'only prefetched'))
      await client.ask(client.consumer(1, place))
      const seen = messageOf(await client.takeMessage()).messageId?.brokerSequenceId
      await client.takeMessage()
      await client.ask(client.remove(client.consumerId(1), Number(seen)))
      await client.ask(client.consumer(2, place))
      const counters = [(await client.takeMessage()).redeliveryCounter, (await client.takeMessage()).redeliveryCounter]
      assert.deepEqual(counters, expected)
      await client.leave()
    }
  })
})

describe('answers', () => {
  test('a command that asks gets an ExceptionResponse, one that does not a ConnectionError, and the link stays', async () => {
    const client = await RawClient.connect(address, 'errors')
    const wrong = client.consumer(1, queue('q'))
    wrong.selector = 'price > > 3'
    assert.equal(await client.refused(wrong), 'javax.jms.InvalidSelectorException')
    const unasked = client.consumer(2, queue('q'))
    unasked.selector = 'price > > 3'
    client.send(unasked)
    const error = await client.take(DataType.ConnectionError)
    assert.equal(error.exception?.className, 'javax.jms.InvalidSelectorException')
    // A consumer that was refused is not there.
    const right = client.consumer(1, queue('q'))
    await client.ask(right)
    await client.leave()
  })

  test('what names an unknown session, connection, producer or consumer is answered as the reference does', async () => {
    const client = await RawClient.connect(address, 'unknown')
    const consumer = client.consumer(1, queue('q'))
    if (consumer.consumerId !== null) consumer.consumerId.sessionId = 7
    assert.equal(await client.refused(consumer), 'java.lang.IllegalStateException')
    const producer = client.producer(1, queue('q'))
    if (producer.producerId !== null) producer.producerId.connectionId = 'ID:somebody-else'
    assert.equal(await client.refused(producer), 'java.lang.IllegalStateException')
    assert.equal(await client.refused(client.text(9, 1, queue('q'), 'x')), 'javax.jms.JMSException')
    const pull = new MessagePull()
    pull.consumerId = client.consumerId(9)
    assert.equal(await client.refused(pull), 'javax.jms.JMSException')
    const dispatch = new MessageDispatch()
    dispatch.consumerId = client.consumerId(9)
    dispatch.destination = queue('q')
    dispatch.message = client.text(1, 1, queue('q'), 'x')
    // An acknowledgement for a consumer that is gone crosses on the wire all the time.
    await client.ask(client.ack(dispatch))
    const foreign = new ConnectionId()
    foreign.value = 'ID:somebody-else'
    assert.equal(await client.refused(client.remove(foreign)), 'java.lang.IllegalStateException')
    assert.equal(await client.refused(new ProducerAck()), 'javax.jms.JMSException')
    assert.equal(await client.refused(client.text(1, 1, queue('  '), 'x')), 'javax.jms.JMSException')
    await client.leave()
  })

  test('saying again what is there already changes nothing, and is how a client replays', async () => {
    const client = await RawClient.connect(address, 'again')
    await client.ask(client.session(1))
    for (let i = 0; i < 2; i++) {
      await client.ask(client.producer(1, queue('twice')))
      await client.ask(client.consumer(1, queue('twice')))
    }
    await client.ask(client.text(1, 1, queue('twice'), 'x'))
    client.send(client.ack(await client.takeMessage()))
    await client.barrier()
    assert.equal(client.count(DataType.MessageDispatch), 0)
    await client.leave()
  })

  test('commands that do nothing here are answered when they ask', async () => {
    const client = await RawClient.connect(address, 'nothing')
    await client.ask(new FlushCommand())
    await client.ask(new ControlCommand())
    const control = new ConsumerControl()
    control.consumerId = client.consumerId(9)
    control.destination = queue('q')
    await client.ask(control)
    await client.leave()
  })

  test('a session takes its producers and consumers with it', async () => {
    const client = await RawClient.connect(address, 'session')
    await client.ask(client.producer(1, queue('session')))
    await client.ask(client.consumer(1, queue('session')))
    const id = client.session(1).sessionId
    await client.ask(client.remove(id))
    assert.equal(await client.refused(client.text(1, 1, queue('session'), 'x')), 'javax.jms.JMSException')
    assert.equal(await client.refused(client.consumer(2, queue('session'))), 'java.lang.IllegalStateException')
    await client.leave()
  })

  test('the goodbye is answered after every send before it, and what comes later is refused', async () => {
    const client = await RawClient.connect(address, 'goodbye')
    await client.ask(client.producer(1, queue('goodbye')))
    for (let i = 1; i <= 20; i++) {
      const message = client.text(1, i, queue('goodbye'), 'x')
      message.responseRequired = true
      client.send(message)
    }
    const id = new ConnectionId()
    id.value = client.connectionId
    await client.ask(client.remove(id))
    assert.equal(client.count(DataType.Response), 20)
    assert.equal(await client.refused(client.session(2)), 'javax.jms.IllegalStateException')
    client.send(client.session(3))
    client.send(new ShutdownInfo())
    await client.closed
    assert.equal(client.count(DataType.ConnectionError), 0)
  })

  test('a broker without durable subscription, destination or transaction of that name says so', async () => {
    const client = await RawClient.connect(address, 'names')
    const subscription = new RemoveSubscriptionInfo()
    subscription.subscriptionName = 'nobody'
    assert.equal(await client.refused(subscription), 'javax.jms.InvalidDestinationException')
    const temporary = new DestinationInfo()
    temporary.destination = new ActiveMQTempQueue()
    temporary.destination.physicalName = 'ID:somebody-else:1'
    assert.equal(await client.refused(temporary), 'javax.jms.InvalidDestinationException')
    const verb = new DestinationInfo()
    verb.destination = queue('q')
    verb.operationType = 9
    assert.equal(await client.refused(verb), 'javax.jms.JMSException')
    const nothing = new TransactionInfo()
    nothing.type = 99
    nothing.transactionId = null
    client.send(nothing)
    await client.closed
  })
})

describe('producer windows', () => {
  test('each one-way message opens the window once, also one that is refused; a synchronous one does not', async () => {
    const client = await RawClient.connect(address, 'window')
    await client.ask(client.producer(1, null, 10_000))
    const body = 'x'.repeat(100)
    client.send(client.text(1, 1, queue('window'), body))
    client.send(client.text(1, 2, queue(' '), body))
    const dead = new ActiveMQTempQueue()
    dead.physicalName = 'ID:nobody:1'
    client.send(client.text(1, 3, dead, body))
    await client.ask(client.text(1, 4, queue('window'), body))
    await client.barrier()
    const sizes: number[] = []
    for (let i = 0; i < 3; i++) sizes.push((await client.take(DataType.ProducerAck)).size)
    assert.deepEqual(sizes, [1128, 1128, 1128])
    const errors = [await client.take(DataType.ConnectionError), await client.take(DataType.ConnectionError)]
    assert.deepEqual(errors.map((error) => error.exception?.className).sort(), [
      'javax.jms.InvalidDestinationException',
      'org.apache.activemq.DestinationDoesNotExistException',
    ])
    assert.equal(client.count(DataType.ProducerAck), 0)
    await client.leave()
  })
})

describe('links', () => {
  test('the same connection over a new link takes over, and the old link is closed', async () => {
    const old = await RawClient.connect(address, 'moving')
    const moved = await RawClient.greet(address)
    const answer = await moved.introduce('moving')
    assert.ok(!(answer instanceof ExceptionResponse))
    const error = await old.take(DataType.ConnectionError)
    assert.equal(error.exception?.className, 'javax.jms.IllegalStateException')
    await old.closed
    await moved.ask(moved.session(1))
    await moved.leave()
  })

  test('a peer that reads nothing gets no more than its share, others get the rest, and in the end it is cut off', async () => {
    const size = 64 * 1024
    const count = 600
    const sender = await RawClient.connect(address, 'sender', patient)
    const sloth = await RawClient.connect(address, 'sloth', patient)
    await sender.ask(sender.producer(1, queue('crowd')))
    await sloth.ask(sloth.consumer(1, queue('crowd'), 100_000))
    sloth.socket.pause()
    const body = 'x'.repeat(size)
    for (let i = 1; i <= count; i++) {
      const message = sender.text(1, i, queue('crowd'), body)
      message.persistent = false
      await sender.ask(message)
    }
    // All were offered to the sloth alone; what it did not take is for whoever comes.
    const worker = await RawClient.connect(address, 'worker', patient)
    await worker.ask(worker.consumer(1, queue('crowd'), 100_000))
    let last = await worker.takeMessage()
    let taken = 1
    const lastSequence = (): number => Number(messageOf(last).messageId?.producerSequenceId)
    while (lastSequence() < count) {
      last = await worker.takeMessage()
      taken++
    }
    assert.ok(taken < count, 'the sloth holds some')
    assert.ok(taken > count / 2, `the sloth holds ${count - taken} messages of ${size} bytes`)
    clock.advance(61_000)
    while (taken < count) {
      last = await worker.takeMessage()
      assert.equal(last.redeliveryCounter, 1)
      taken++
    }
    sloth.socket.resume()
    await sloth.closed
    await worker.leave()
    await sender.leave()
  })

  test('a peer that asks and asks and never reads the answers is cut off, others are not', async () => {
    const strict = new BrokerService({
      memory: true,
      listen: ['openwire://127.0.0.1:0'],
      vmName: null,
      output: { blockedGrowthBytesMax: 256 * 1024 },
    })
    await strict.start()
    const client = await RawClient.connect(strict.addresses[0] ?? '', 'asker')
    const { socket } = client
    socket.pause()
    const flush = new FlushCommand()
    flush.responseRequired = true
    flush.commandId = 1
    while (socket.writable) {
      for (let i = 0; i < 10_000; i++) client.put(flush)
      if (!socket.writableNeedDrain) continue
      // A socket that nobody reads sees its end only when it writes.
      await Promise.race(
        ['drain', 'close', 'error'].map((name) => new Promise((resolve) => socket.once(name, resolve))),
      )
    }
    const other = await RawClient.connect(strict.addresses[0] ?? '', 'unaffected')
    await other.leave()
    await strict.stop()
  })
})
