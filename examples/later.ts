/** Sends a message for later, looks at what is scheduled, and takes one back. Usage: node later.js [broker URL] */
import { ConnectionFactory, scheduledMessages, TextMessage } from '@millrace/client'

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
await connection.start()
await using session = await connection.createSession()
const queue = session.createQueue('EXAMPLE.LATER')
await using producer = await session.createProducer(queue)

await producer.send(session.createTextMessage('in a moment'), { deliveryDelay: 200 })
const reminder = session.createTextMessage('tomorrow')
reminder.setStringProperty('millraceScheduleKey', 'reminder')
await producer.send(reminder, { deliveryDelay: 86_400_000 })

const jobs = scheduledMessages(connection)
await jobs.cancel({ key: 'reminder' })
for await (const { message, dueTime } of jobs.list()) {
  if (dueTime !== null && message instanceof TextMessage) console.log(`"${message.text}" is scheduled`)
}

await using consumer = await session.createConsumer(queue)
const message = await consumer.receive(10_000)
console.log(`${message?.bodyAs('string')}: here it is`)
