/** Two workers share the messages of a topic: each one goes to one of them. Usage: node shared.js [broker URL] */
import { ConnectionFactory, createContext } from '@millrace/client'

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using context = await createContext(factory)
const orders = context.createTopic('EXAMPLE.SHARED')
const ann = await context.createSharedConsumer(orders, 'workers', { prefetchSize: 1 })
const bob = await context.createSharedConsumer(orders, 'workers', { prefetchSize: 1 })

const producer = await context.createProducer()
for (const item of ['wheel', 'moon']) await producer.send(orders, item)

const done = [await ann.receiveBody('string', 5000), await bob.receiveBody('string', 5000)]
console.log(done.sort().join(' and '))
