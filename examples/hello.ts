import { ConnectionFactory } from '@millrace/client'

await using connection = await new ConnectionFactory(process.argv[2] ?? 'tcp://127.0.0.1:61616').createConnection()
await connection.start()
await using session = await connection.createSession()
const orders = session.createQueue('ORDERS')
await using producer = await session.createProducer(orders)
await producer.send(session.createTextMessage('hello')) // settles when the broker has it on disk
await using consumer = await session.createConsumer(orders)
const message = await consumer.receive(5000)
console.log(message?.jmsMessageID)
