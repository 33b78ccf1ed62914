/** All of docs/client/coming-from-stompjs.md, as one program. Usage: node coming-from-stompjs.js [broker URLs] */
import { AcknowledgeMode, ConnectionFactory, JMSSecurityError, request, respond } from '@millrace/client'

const brokers = process.argv[2] ?? 'tcp://one:61616,tcp://two:61616'

const factory = new ConnectionFactory(`failover:(${brokers})?initialReconnectDelay=200&maxReconnectDelay=10000`)
const connection = await factory.createConnection({ userName: 'admin', password: 'secret', clientID: 'desk' })
connection.on('interrupted', ({ address }) => console.warn(`${address} is gone`))
connection.on('resumed', ({ address }) => console.warn(`connected to ${address}`))
await connection.start()

// Receiving.
const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
const queue = session.createQueue('COMING.JOBS')
const done: string[] = []
const consumer = await session.createConsumer(queue, { selector: "kind = 'small'", prefetchSize: 10 })
await consumer.setMessageListener(async (message) => {
  const job = JSON.parse(message.bodyAs('string') ?? '{}') as { name?: string }
  if (job.name === undefined) {
    await message.reject('a job has a name')
    return
  }
  done.push(`${job.name} ${message.getStringProperty('kind')}`)
  await message.acknowledge()
})

// Sending.
const producer = await session.createProducer(queue)
for (const job of [{ name: 'sweep' }, {}, { name: 'dust' }]) {
  const message = session.createTextMessage(JSON.stringify(job))
  message.setStringProperty('kind', 'small')
  await producer.send(message)
}

// Bytes, and a send that nobody confirms.
await producer.send(session.createBytesMessage(new Uint8Array([1, 2, 3])), { confirm: false })
await producer.flush()

// A transaction: take one, send another, both or neither.
const transacted = await connection.createSession({ transacted: true })
const source = await transacted.createConsumer(transacted.createQueue('COMING.RAW'))
const target = await transacted.createProducer(transacted.createQueue('COMING.DONE'))
await (await session.createProducer(session.createQueue('COMING.RAW'))).send(session.createTextMessage('raw'))
await transacted.transaction(async () => {
  const raw = await source.receive(5000)
  await target.send(transacted.createTextMessage(`${raw?.bodyAs('string')}, done`))
})

// A durable subscription.
const plain = await connection.createSession()
const topic = plain.createTopic('COMING.PRICES')
const subscription = await plain.createDurableConsumer(topic, 'desk', { selector: 'price > 10' })
await subscription.close()
await plain.unsubscribe('desk')

// Request and reply.
const responder = await respond(plain, plain.createQueue('COMING.UPPER'), (message) =>
  message.bodyAs('string')?.toUpperCase(),
)
const reply = await request(connection, plain.createQueue('COMING.UPPER'), 'hello', { timeout: 5000 })
await responder.close()

// Errors.
connection.on('exception', (error) => console.warn(error.code, error.message))
connection.on('closed', ({ error }) => {
  if (error?.cause instanceof JMSSecurityError) console.warn('wrong password')
})

// The end: listeners finish, what was sent is stored.
await connection.close()
console.log(`${done.join(', ')}; ${reply.bodyAs('string')}`)
