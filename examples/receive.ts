/** Receives what is in a queue until nothing comes for a second. Usage: node receive.js [broker URL] */
import { AcknowledgeMode, ConnectionFactory, TextMessage } from '@millrace/client'

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
connection.on('exception', (error) => console.error(error.message))
await connection.start()

await using session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
await using consumer = await session.createConsumer(session.createQueue('EXAMPLE'))

for (let message = await consumer.receive(1000); message !== null; message = await consumer.receive(1000)) {
  const text = message instanceof TextMessage ? message.text : String(message)
  console.log(`received "${text}" in ${message.getStringProperty('language') ?? 'no language'}`)
  // Only now it leaves the queue: had this program died before, someone else would get it.
  await message.acknowledge()
}
