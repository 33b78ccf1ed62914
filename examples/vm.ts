/** A broker inside this process, made for the occasion: for tests and for trying things out. Usage: node vm.js */
import { ConnectionFactory, TextMessage } from '@millrace/client'

const factory = new ConnectionFactory('vm://example')
await using connection = await factory.createConnection()
await connection.start()

await using session = await connection.createSession()
const topic = session.createTopic('EXAMPLE.NEWS')
await using consumer = await session.createConsumer(topic, { selector: "section = 'sport'" })
await using producer = await session.createProducer(topic)

for (const section of ['world', 'sport', 'weather']) {
  const message = session.createTextMessage(`news of ${section}`)
  message.setStringProperty('section', section)
  await producer.send(message)
}
const message = await consumer.receive(1000)
console.log(message instanceof TextMessage ? message.text : 'nothing came')
