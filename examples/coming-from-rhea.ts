/** All of docs/client/coming-from-rhea.md, as one program. Usage: node coming-from-rhea.js [broker URLs] */
import { AcknowledgeMode, ConnectionFactory, DeliveryMode, JMSError, request, respond } from '@millrace/client'

const brokers = process.argv[2] ?? 'tcp://one:61616,tcp://two:61616'

const factory = new ConnectionFactory(`failover:(${brokers})?initialReconnectDelay=100&maxReconnectDelay=60000`)
await using connection = await factory.createConnection({ userName: 'admin', password: 'secret', clientID: 'meter' })
connection.on('interrupted', ({ error }) => console.warn(`disconnected: ${error.message}`))
await connection.start()

// Sending: each promise is one outcome.
await using session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
await using sender = await session.createProducer(session.createQueue('COMING.READINGS'))
const outcomes = { accepted: 0, rejected: 0 }
const sends = Array.from({ length: 3000 }, async (_, number) => {
  const message = session.createTextMessage(`reading ${number}`)
  message.jmsCorrelationID = `meter-${number % 7}`
  message.setIntProperty('number', number)
  try {
    await sender.send(message, { deliveryMode: DeliveryMode.PERSISTENT, timeToLive: 60_000 })
    outcomes.accepted++
  } catch (error) {
    if (!(error instanceof JMSError)) throw error
    outcomes.rejected++
  }
})
await Promise.all(sends)

// Receiving, with as much credit as prefetchSize says.
await using receiver = await session.createConsumer(session.createQueue('COMING.READINGS'), {
  prefetchSize: 500,
  selector: 'number < 3',
})
let received = 0
for await (const message of receiver) {
  const number = message.getIntProperty('number')
  if (number === 0 && message.deliveryCount === 1) await message.release()
  else if (number === 1) await message.reject('a reading that cannot be')
  else await message.acknowledge()
  if (++received === 4) break
}

// One by one, as add_credit(1) does it.
{
  await using single = await session.createConsumer(session.createQueue('COMING.READINGS'), { prefetchSize: 0 })
  const message = await single.receive(5000)
  await message?.acknowledge()
}

// Transactions, which rhea has not.
await using transacted = await connection.createSession({ transacted: true })
await using out = await transacted.createProducer(transacted.createQueue('COMING.SUMS'))
await transacted.transaction(async () => {
  await out.send(transacted.createTextMessage('sum'))
})

// A durable subscription.
await using plain = await connection.createSession()
const topic = plain.createTopic('COMING.ALARMS')
const alarms = await plain.createDurableConsumer(topic, 'alarms')
await alarms.close()
await plain.unsubscribe('alarms')

// Request and reply.
await using _responder = await respond(plain, plain.createQueue('COMING.UPPER'), (message) =>
  message.bodyAs('string')?.toUpperCase(),
)
const reply = await request(connection, plain.createQueue('COMING.UPPER'), 'twas brillig', { timeout: 5000 })

// A look at a queue that takes nothing.
let looked = 0
for await (const _message of session.createBrowser(session.createQueue('COMING.SUMS'))) looked++

console.log(`${outcomes.accepted} accepted, ${received} received, ${looked} seen; ${reply.bodyAs('string')}`)
