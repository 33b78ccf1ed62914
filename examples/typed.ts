/** Sends and receives values of one type. Usage: node typed.js [broker URL] */
import { ConnectionFactory, jsonCodec, selector, typedConsumer, typedProducer } from '@millrace/client'

interface Order {
  readonly item: string
  readonly count: number
}

/** What is no order never gets to the loop below: it goes to the dead letter queue, with this text as the reason. */
function order(value: unknown): Order {
  const { item, count } = value as Partial<Order>
  if (typeof item !== 'string' || typeof count !== 'number') throw new TypeError('not an order')
  return { item, count }
}

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
await connection.start()
await using session = await connection.createSession()
const orders = session.createQueue<Order>('EXAMPLE.TYPED')
const codec = jsonCodec({ validate: order })

await using producer = await typedProducer<Order, { region: string }>(session, orders, codec)
await producer.send({ item: 'wheel', count: 3 }, { properties: { region: 'EU' } })

await using consumer = await typedConsumer(session, orders, { codec, selector: selector`region = ${'EU'}` })
const received = await consumer.receive(5000)
console.log(`${received?.body.count} of ${received?.body.item}`)
