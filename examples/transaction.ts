/** Takes an order and sends an invoice: both or neither. Usage: node transaction.js [broker URL] */
import { ConnectionFactory, TextMessage } from '@millrace/client'

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
await connection.start()

await using plain = await connection.createSession()
await using orders = await plain.createProducer(plain.createQueue('EXAMPLE.ORDERS'))
await orders.send(plain.createTextMessage('3 wheels'))

await using session = await connection.createSession({ transacted: true })
await using consumer = await session.createConsumer(session.createQueue('EXAMPLE.ORDERS'))
await using producer = await session.createProducer(session.createQueue('EXAMPLE.INVOICES'))

// Commits when the function returns; rolls back when it throws, and then the order comes again.
const invoiced = await session.transaction(async () => {
  const order = await consumer.receive(1000)
  if (!(order instanceof TextMessage)) throw new Error('no order came')
  await producer.send(session.createTextMessage(`invoice for ${order.text}`))
  return order.text
})
console.log(`invoiced ${invoiced}`)
