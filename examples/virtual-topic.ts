// One topic, two groups: each group gets every order once, and shares them among its members.
import { ConnectionFactory, type MessageConsumer, TextMessage } from '@millrace/client'

await using connection = await new ConnectionFactory(process.argv[2] ?? 'tcp://127.0.0.1:61616').createConnection()
await connection.start()
await using session = await connection.createSession()
const billing = await session.createConsumer(session.createQueue('Consumer.BILLING.VirtualTopic.ORDERS'))
const shipping = await session.createConsumer(session.createQueue('Consumer.SHIPPING.VirtualTopic.ORDERS'))

const producer = await session.createProducer(session.createTopic('VirtualTopic.ORDERS'))
for (const order of ['wheel', 'moon']) await producer.send(session.createTextMessage(order))

async function take(consumer: MessageConsumer): Promise<string | null> {
  const message = await consumer.receive(5000)
  return message instanceof TextMessage ? message.text : null
}
console.log('billing:', await take(billing), await take(billing))
console.log('shipping:', await take(shipping), await take(shipping))
