/** Sends a message and waits until the broker has stored it. Usage: node send.js [broker URL] */
import { ConnectionFactory } from '@millrace/client'

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
await using session = await connection.createSession()
await using producer = await session.createProducer(session.createQueue('EXAMPLE'))

const message = session.createTextMessage('Hello')
message.setStringProperty('language', 'en')
await producer.send(message, { timeToLive: 60_000 })
console.log(`sent ${message.jmsMessageID}`)
