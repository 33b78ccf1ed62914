import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  AcknowledgeMode,
  byte,
  BytesMessage,
  ConnectionFactory,
  type ConnectionFactoryOptions,
  double,
  float,
  MapMessage,
  type Message,
  QueueBrowser,
  type Session,
  short,
  TextMessage,
} from '@millrace/client'
import type { LineClient, StompVersion } from './line-client.ts'
import { stompBroker, VERSIONS } from './stomp-broker.ts'

/** Time limit for what must come. It only decides how long a failing test takes. */
const SOON = 10_000

interface Both {
  readonly stomp: LineClient
  readonly session: Session
  /** The next message for OpenWire from a queue. */
  receive(name: string): Promise<Message>
  send(name: string, message: Message): Promise<void>
}

/** One broker with a STOMP client and an OpenWire client. */
async function both(
  t: TestContext,
  version: StompVersion = '1.2',
  options: ConnectionFactoryOptions = {},
): Promise<Both> {
  const { service, connect } = await stompBroker(t)
  const url = (service.addresses[1] ?? '').replace('openwire://', 'tcp://')
  const connection = await new ConnectionFactory(url, options).createConnection()
  t.after(() => connection.close())
  await connection.start()
  const session = await connection.createSession()
  const stomp = await connect(version, { 'client-id': 'stomp' })
  t.after(() => stomp.socket.destroy())
  return {
    stomp,
    session,
    receive: async (name) => {
      const consumer = await session.createConsumer(session.createQueue(name))
      const message = await consumer.receive(SOON)
      await consumer.close()
      assert.ok(message !== null)
      return message
    },
    send: async (name, message) => {
      const producer = await session.createProducer(session.createQueue(name))
      await producer.send(message)
      await producer.close()
    },
  }
}

for (const version of VERSIONS) {
  test(`${version}: texts and bytes of STOMP are texts and bytes of OpenWire`, async (t) => {
    const { stomp, receive } = await both(t, version)
    for (const text of ['', 'plain', 'größe 漢字 😀', 'x'.repeat(200_000)]) {
      await stomp.ask('SEND', { destination: '/queue/A', persistent: 'true', colour: 'rot' }, text)
      const message = await receive('A')
      assert.ok(message instanceof TextMessage)
      assert.equal(message.text, text)
      assert.equal(message.getStringProperty('colour'), 'rot')
      assert.equal(message.jmsDeliveryMode, 2)
    }
    const bytes = Buffer.from([0, 1, 2, 255, 0])
    await stomp.ask('SEND', { destination: '/queue/A', 'content-length': '5' }, bytes)
    const message = await receive('A')
    assert.ok(message instanceof BytesMessage)
    assert.deepEqual(message.bytes, bytes)
    assert.equal(message.jmsDeliveryMode, 1)
  })
}

for (const useCompression of [false, true]) {
  const how = useCompression ? ', compressed' : ''

  test(`texts and bytes of OpenWire are texts and bytes of STOMP${how}`, async (t) => {
    const { stomp, session, send } = await both(t, '1.2', { useCompression })
    await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
    for (const text of ['', 'plain', 'größe 漢字 😀', 'zero \0 and 😀', 'x'.repeat(200_000)]) {
      await send('A', session.createTextMessage(text))
      const { headers, body } = await stomp.message()
      assert.equal(body.toString(), text)
      assert.equal(headers['content-length'], text.includes('\0') ? `${body.length}` : undefined)
      assert.equal(headers['persistent'], 'true')
    }
    await send('A', session.createTextMessage(null))
    assert.equal((await stomp.message()).body.length, 0)
    const bytes = session.createBytesMessage()
    bytes.writeBytes(Buffer.from([0, 1, 2, 255, 0]))
    await send('A', bytes)
    const message = await stomp.message()
    assert.deepEqual([...message.body], [0, 1, 2, 255, 0])
    assert.equal(message.headers['content-length'], '5')
  })

  test(`maps, streams and objects of OpenWire have words in STOMP${how}`, async (t) => {
    const { stomp, session, send } = await both(t, '1.2', { useCompression })
    await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
    const map = session.createMapMessage({
      name: 'Ann "A"',
      age: 5,
      big: 2n ** 60n,
      nested: { list: [1, 'two'] },
      no: null,
    })
    await send('A', map)
    const asMap = await stomp.message()
    assert.equal(asMap.headers['content-type'], 'application/json')
    assert.match(asMap.body.toString(), /"big":1152921504606846976/)
    const { big, ...rest } = JSON.parse(asMap.body.toString()) as Record<string, unknown>
    assert.equal(big, 2 ** 60)
    assert.deepEqual(rest, { name: 'Ann "A"', age: 5, nested: { list: [1, 'two'] }, no: null })
    await send('A', session.createStreamMessage([1, 'two', true, Buffer.from('x')]))
    assert.deepEqual(JSON.parse((await stomp.message()).body.toString()), [1, 'two', true, 'eA=='])
    const object = Buffer.from('aced000574000568656c6c6f', 'hex')
    await send('A', session.createObjectMessage(object))
    const asObject = await stomp.message()
    assert.deepEqual(asObject.body, object)
    assert.equal(asObject.headers['content-length'], `${object.length}`)
    assert.equal(asObject.headers['content-type'], 'application/x-java-serialized-object')
    await send('A', session.createMessage())
    assert.equal((await stomp.message()).body.length, 0)
  })
}

test('a map crosses as the model writes it, both ways, in JSON and XML', async (t) => {
  const { stomp, session, receive, send } = await both(t)
  const values = {
    name: 'Dejan',
    city: '<Belgrade> & "more"',
    int: 5,
    long: 5n,
    double: double(1.5),
    float: float(0.5),
    tiny: byte(-1),
    small: short(300),
    yes: true,
    bytes: Buffer.from([1, 2, 255]),
    nothing: null,
  }
  const original = session.createMapMessage(values)
  for (const form of ['json', 'xml']) {
    await stomp.ask('SUBSCRIBE', { destination: '/queue/OUT', id: form, transformation: `jms-map-${form}` })
    await send('OUT', original)
    const out = await stomp.message()
    assert.equal(out.headers['transformation'], `jms-map-${form}`)
    assert.equal(out.headers['content-type'], `application/${form}`)
    await stomp.ask('UNSUBSCRIBE', { id: form })
    await stomp.ask('SEND', { destination: '/queue/BACK', transformation: `jms-map-${form}` }, out.body)
    const back = await receive('BACK')
    assert.ok(back instanceof MapMessage)
    assert.equal(back.getStringProperty('transformation-error'), null)
    assert.deepEqual(back.getBody(), original.getBody())
    assert.equal(back.getByte('tiny'), -1)
    assert.equal(back.getFloat('float'), 0.5)
  }
})

test('small maps look exactly as the model writes them', async (t) => {
  const { stomp, session, send } = await both(t)
  const two = session.createMapMessage({ name: 'Dejan', age: 5 })
  for (const [transformation, expected, header] of [
    ['jms-map-json', '{"map":{"entry":[{"string":["name","Dejan"]},{"string":"age","int":5}]}}', 'jms-map-json'],
    ['jms-json', '{"map":{"entry":[{"string":["name","Dejan"]},{"string":"age","int":5}]}}', 'jms-map-json'],
    [
      'jms-map-xml',
      '<map><entry><string>name</string><string>Dejan</string></entry><entry><string>age</string><int>5</int></entry></map>',
      'jms-map-xml',
    ],
    [
      'jms-xml',
      '<map><entry><string>name</string><string>Dejan</string></entry><entry><string>age</string><int>5</int></entry></map>',
      'jms-map-xml',
    ],
  ] as const) {
    await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: transformation, transformation })
    await send('A', two)
    const message = await stomp.message()
    assert.equal(message.body.toString(), expected)
    assert.equal(message.headers['transformation'], header)
    await send('A', session.createTextMessage('a text'))
    const text = await stomp.message()
    assert.equal(text.body.toString(), 'a text')
    assert.equal(text.headers['transformation'], undefined)
    await stomp.ask('UNSUBSCRIBE', { id: transformation })
  }
})

for (const [what, transformation, body] of [
  ['JSON that is none', 'jms-map-json', '{"map":'],
  ['JSON that is no map', 'jms-map-json', '[1,2]'],
  ['an entry without value', 'jms-map-json', '{"map":{"entry":{"string":"a"}}}'],
  ['a type that there is not', 'jms-map-json', '{"map":{"entry":{"string":"a","date":"today"}}}'],
  ['a number that does not fit', 'jms-map-json', '{"map":{"entry":{"string":"a","byte":300}}}'],
  ['XML that is none', 'jms-map-xml', '<map><entry>'],
  ['XML with entities of its own', 'jms-map-xml', '<!DOCTYPE m [<!ENTITY e "x">]><map/>'],
  ['XML nested too deep', 'jms-map-xml', '<a>'.repeat(100)],
  ['a Java object', 'jms-object-json', '{"org.example.Order":{}}'],
  ['an unknown transformation', 'rot13', 'x'],
] as const) {
  test(`${what} comes as the text that it is, with the reason`, async (t) => {
    const { stomp, receive } = await both(t)
    await stomp.ask('SEND', { destination: '/queue/A', transformation }, body)
    const message = await receive('A')
    assert.ok(message instanceof TextMessage)
    assert.equal(message.text, body)
    assert.notEqual(message.getStringProperty('transformation-error') ?? '', '')
  })
}

test('a plain JSON object can be sent as a map, and what has a content-length is not transformed', async (t) => {
  const { stomp, receive } = await both(t)
  await stomp.ask('SEND', { destination: '/queue/A', transformation: 'json' }, '{"a":1,"b":{"c":[true,"x",1.5]}}')
  const map = await receive('A')
  assert.ok(map instanceof MapMessage)
  assert.equal(map.getInt('a'), 1)
  assert.deepEqual(map.getObject('b'), new Map([['c', [true, 'x', 1.5]]]))
  await stomp.ask('SEND', { destination: '/queue/A', transformation: 'jms-map-json', 'content-length': '2' }, '{}')
  assert.ok((await receive('A')) instanceof BytesMessage)
})

test('headers and properties cross with their meaning', async (t) => {
  const { stomp, session, receive, send } = await both(t)
  await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  const sent = session.createTextMessage('x')
  sent.jmsCorrelationID = 'order-1'
  sent.jmsType = 'order'
  sent.jmsReplyTo = session.createTopic('ANSWERS')
  sent.setStringProperty('JMSXGroupID', 'group')
  sent.setIntProperty('JMSXGroupSeq', 3)
  sent.setObjectProperty('long', 12n)
  sent.setObjectProperty('float', float(0.1))
  sent.setObjectProperty('whole', double(3))
  sent.setObjectProperty('yes', true)
  sent.setObjectProperty('text', 'two\nlines: ä')
  sent.setObjectProperty('list', ['a', 1])
  sent.setObjectProperty('content-length', '99')
  sent.setObjectProperty('subscription', 'other')
  await send('A', sent)
  const { headers, body } = await stomp.message()
  assert.equal(body.toString(), 'x')
  assert.equal(headers['message-id'], sent.jmsMessageID)
  assert.equal(headers['subscription'], 's')
  assert.equal(headers['correlation-id'], 'order-1')
  assert.equal(headers['type'], 'order')
  assert.equal(headers['reply-to'], '/topic/ANSWERS')
  assert.equal(headers['JMSXGroupID'], 'group')
  assert.equal(headers['JMSXGroupSeq'], '3')
  assert.equal(headers['long'], '12')
  assert.equal(headers['float'], '0.1')
  assert.equal(headers['whole'], '3.0')
  assert.equal(headers['yes'], 'true')
  assert.equal(headers['text'], 'two\nlines: ä')
  assert.equal(headers['list'], undefined)
  assert.equal(headers['content-length'], undefined)
  await stomp.ask('UNSUBSCRIBE', { id: 's' })

  await stomp.ask('SEND', {
    destination: '/queue/A',
    'correlation-id': 'c',
    'reply-to': '/queue/B',
    type: 't',
    priority: '9',
    expires: '99999999999999',
    number: '5',
    JMSXGroupID: 'g',
  })
  const message = await receive('A')
  assert.equal(message.jmsCorrelationID, 'c')
  assert.equal(String(message.jmsReplyTo), 'queue://B')
  assert.equal(message.jmsType, 't')
  assert.equal(message.jmsPriority, 9)
  assert.equal(message.jmsExpiration, 99_999_999_999_999)
  assert.equal(message.getStringProperty('number'), '5')
  assert.equal(message.getStringProperty('JMSXGroupID'), 'g')
})

test('an OpenWire client asks, a STOMP client answers, over a temporary queue', async (t) => {
  const { stomp, session, send } = await both(t)
  await stomp.ask('SUBSCRIBE', { destination: '/queue/SERVICE', id: 's' })
  const answers = await session.createTemporaryQueue()
  const consumer = await session.createConsumer(answers)
  const question = session.createTextMessage('question')
  question.jmsReplyTo = answers
  await send('SERVICE', question)
  const { headers } = await stomp.message()
  assert.match(headers['reply-to'] ?? '', /^\/remote-temp-queue\//)
  await stomp.ask('SEND', { destination: headers['reply-to'] ?? '', 'correlation-id': '1' }, 'answer')
  const answer = await consumer.receive(SOON)
  assert.ok(answer instanceof TextMessage)
  assert.equal(answer.text, 'answer')
})

test('a STOMP client asks, an OpenWire client answers, over a temporary queue', async (t) => {
  const { stomp, session, receive } = await both(t)
  await stomp.ask('SUBSCRIBE', { destination: '/temp-queue/mine', id: 's' })
  await stomp.ask('SEND', { destination: '/queue/SERVICE', 'reply-to': '/temp-queue/mine' }, 'question')
  const question = await receive('SERVICE')
  const producer = await session.createProducer(null)
  await producer.send(question.jmsReplyTo ?? session.createQueue('nowhere'), session.createTextMessage('answer'))
  const answer = await stomp.message()
  assert.equal(answer.body.toString(), 'answer')
  assert.equal(answer.headers['destination'], '/temp-queue/mine')
})

test('what one client gives back the other gets, marked as redelivered', async (t) => {
  const { stomp, session, receive, send } = await both(t)
  await send('A', session.createTextMessage('x'))
  await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
  await stomp.message()
  await stomp.ask('UNSUBSCRIBE', { id: 's' })
  const message = await receive('A')
  assert.equal(message.jmsRedelivered, true)
  assert.equal(message.getIntProperty('JMSXDeliveryCount'), 2)
})

test('what an OpenWire client leaves unacknowledged comes to STOMP as redelivered', async (t) => {
  const { stomp, session } = await both(t)
  const { connection } = session
  const unacknowledged = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT_ACKNOWLEDGE })
  await stomp.ask('SEND', { destination: '/queue/A', persistent: 'true' }, 'x')
  const consumer = await unacknowledged.createConsumer(unacknowledged.createQueue('A'))
  assert.ok((await consumer.receive(SOON)) !== null)
  await unacknowledged.close()
  await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  const message = await stomp.message()
  assert.equal(message.headers['redelivered'], 'true')
})

test('transactions of both see each other only when they are committed', async (t) => {
  const { stomp, session } = await both(t)
  const transacted = await session.connection.createSession({ acknowledgeMode: AcknowledgeMode.SESSION_TRANSACTED })
  const producer = await transacted.createProducer(transacted.createQueue('A'))
  await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await producer.send(transacted.createTextMessage('x'))
  await stomp.nothing()
  await transacted.commit()
  assert.deepEqual(await stomp.bodies(1), ['x'])

  const consumer = await session.createConsumer(session.createQueue('B'))
  await stomp.ask('BEGIN', { transaction: 't' })
  await stomp.ask('SEND', { destination: '/queue/B', transaction: 't' }, 'y')
  await session.connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
  await stomp.ask('COMMIT', { transaction: 't' })
  const message = await consumer.receive(SOON)
  assert.ok(message instanceof TextMessage)
  assert.equal(message.text, 'y')
})

test('a selector of OpenWire sees the headers of STOMP, as texts', async (t) => {
  const { stomp, session } = await both(t)
  const consumer = await session.createConsumer(session.createQueue('A'), {
    selector: "colour = 'red' AND JMSType = 't'",
  })
  for (const colour of ['blue', 'red']) await stomp.ask('SEND', { destination: '/queue/A', colour, type: 't' }, colour)
  const message = await consumer.receive(SOON)
  assert.ok(message instanceof TextMessage)
  assert.equal(message.text, 'red')
})

test('a browser of each sees what the other has sent', async (t) => {
  const { stomp, session, send } = await both(t)
  await stomp.ask('SEND', { destination: '/queue/A' }, 'of STOMP')
  await send('A', session.createTextMessage('of OpenWire'))
  const seen: (string | null)[] = []
  const browser = session.createBrowser(session.createQueue('A'))
  assert.ok(browser instanceof QueueBrowser)
  for await (const message of browser) seen.push(message instanceof TextMessage ? message.text : null)
  assert.deepEqual(seen, ['of STOMP', 'of OpenWire'])
  await stomp.ask('SUBSCRIBE', { destination: '/queue/A', id: 'b', browser: 'true' })
  assert.deepEqual(await stomp.bodies(2), seen)
})

test('a durable subscription of STOMP collects what OpenWire sends', async (t) => {
  const { stomp, session } = await both(t)
  const news = { destination: '/topic/T', id: 's', 'activemq.subscriptionName': 'news' }
  await stomp.ask('SUBSCRIBE', news)
  await stomp.ask('UNSUBSCRIBE', { id: 's' })
  const producer = await session.createProducer(session.createTopic('T'))
  await producer.send(session.createTextMessage('kept'))
  await stomp.ask('SUBSCRIBE', news)
  assert.deepEqual(await stomp.bodies(1), ['kept'])
})

test('consumers of a topic of both kinds get the same', async (t) => {
  const { stomp, session } = await both(t)
  const consumers = [
    await session.createConsumer(session.createTopic('T')),
    await session.createConsumer(session.createTopic('T')),
  ]
  for (const id of ['1', '2']) await stomp.ask('SUBSCRIBE', { destination: '/topic/T', id })
  for (const text of ['a', 'b']) {
    await stomp.ask('SEND', { destination: '/topic/T', persistent: 'true' }, text)
    assert.deepEqual(await stomp.bodies(2), [text, text])
    for (const consumer of consumers) {
      const message = await consumer.receive(SOON)
      assert.ok(message instanceof TextMessage)
      assert.equal(message.text, text)
    }
  }
})

test('advisories come as JSON of the command that they tell of, or as XML', async (t) => {
  const { stomp, session } = await both(t)
  const topic = '/topic/ActiveMQ.Advisory.Consumer.Queue.A'
  await stomp.ask('SUBSCRIBE', { destination: topic, id: 'j' })
  await stomp.ask('SUBSCRIBE', { destination: topic, id: 'x', transformation: 'jms-xml' })
  await session.createConsumer(session.createQueue('A'))
  const [json, xml] = [await stomp.message(), await stomp.message()]
  assert.equal(json.headers['transformation'], 'jms-advisory-json')
  const { ConsumerInfo } = JSON.parse(json.body.toString()) as { ConsumerInfo: Record<string, unknown> }
  assert.deepEqual(ConsumerInfo['destination'], { kind: 'queue', physicalName: 'A' })
  assert.equal(ConsumerInfo['prefetchSize'], 1000)
  assert.equal(xml.headers['transformation'], 'jms-advisory-xml')
  assert.match(xml.body.toString(), /^<ConsumerInfo><consumerId><connectionId>ID:/)
})
