/** All of docs/client/coming-from-stompit.md, as one program. Usage: node coming-from-stompit.js [broker URLs] */
import { AcknowledgeMode, ConnectionFactory, JMSError, request, respond, TextMessage } from '@millrace/client'

const brokers = process.argv[2] ?? 'tcp://one:61616,tcp://two:61616'

const factory = new ConnectionFactory(`failover:(${brokers})?maxReconnectDelay=1000`)
await using connection = await factory.createConnection({ userName: 'admin', password: 'secret', clientID: 'billing' })
connection.on('interrupted', ({ address, error }) => console.warn(`${address} is gone: ${error.message}`))
connection.on('exception', (error) => console.warn(error.message))
await connection.start()

// Sending.
await using session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
await using producer = await session.createProducer(session.createQueue('COMING.ORDERS'))

const order = session.createTextMessage('3 wheels')
order.setStringProperty('customer', 'ACME')
order.setIntProperty('lines', 1)
await producer.send(order, { priority: 7, timeToLive: 60_000 })

// Many at once: each promise is one confirmation.
const texts = ['2 saddles', 'nothing', 'a moon']
await Promise.all(texts.map((text) => producer.send(session.createTextMessage(text))))

// Receiving.
await using consumer = await session.createConsumer(session.createQueue('COMING.ORDERS'))
const seen = { accepted: 0, rejected: 0, again: 0 }
await new Promise<void>((resolve) => {
  void consumer.setMessageListener(async (message) => {
    const text = message.bodyAs('string') ?? ''
    if (text === 'a moon' && message.deliveryCount === 1) {
      seen.again++
      await message.release()
    } else if (text === 'nothing') {
      seen.rejected++
      await message.reject('an order for nothing')
    } else {
      seen.accepted++
      await message.acknowledge()
    }
    if (seen.accepted === 3) resolve()
  })
})

// A transaction over several sends.
{
  await using transacted = await connection.createSession({ transacted: true })
  await using out = await transacted.createProducer(transacted.createQueue('COMING.INVOICES'))
  await transacted.transaction(async () => {
    await out.send(transacted.createTextMessage('first'))
    await out.send(transacted.createTextMessage('second'))
  })
}

// A durable subscription.
await using plain = await connection.createSession()
const news = plain.createTopic('COMING.NEWS')
const subscriber = await plain.createDurableConsumer(news, 'archive')
await subscriber.close()
await using publisher = await plain.createProducer(news)
await publisher.send(plain.createTextMessage('while nobody listened'))
await using later = await plain.createDurableConsumer(news, 'archive')
const kept = await later.receive(5000)

// Request and reply.
await using prices = await connection.createSession()
await using _responder = await respond(prices, prices.createQueue('COMING.PRICES'), async (message) => {
  return message.bodyAs('string') === 'wheel' ? '7.50' : 'unknown'
})
const reply = await request(connection, prices.createQueue('COMING.PRICES'), 'wheel', { timeout: 5000 })

// Errors.
try {
  await producer.send(session.createTextMessage('x'.repeat(200_000_000)))
} catch (error) {
  if (!(error instanceof JMSError)) throw error
  console.log(error.code, error.outcome ?? 'certain')
}

console.log(
  `${seen.accepted} accepted, ${seen.rejected} rejected, ${seen.again} again;`,
  `"${kept instanceof TextMessage ? kept.text : 'nothing'}"; ${reply.bodyAs('string')}`,
)
