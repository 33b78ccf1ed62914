/**
 * Sends prices to topics, for ever or so many, to be watched in a browser: http://127.0.0.1:61616/samples/stocks, when the
 * broker was started with `npm start`. The page speaks STOMP over a WebSocket, this program OpenWire.
 * Usage: node stocks.js [broker URL] [count]
 */
import { setTimeout as wait } from 'node:timers/promises'
import { ConnectionFactory, DeliveryMode } from '@millrace/client'

const url = process.argv[2] ?? 'tcp://127.0.0.1:61616'
const count = Number(process.argv[3] ?? Infinity)

await using connection = await new ConnectionFactory(url).createConnection()
await using session = await connection.createSession()
// One producer for every topic.
await using producer = await session.createProducer()

const prices = new Map([
  ['GRIST', 18.2],
  ['MILL', 101.25],
  ['WEIR', 44.6],
])
const symbols = [...prices.keys()]
for (let sent = 0; sent < count; sent++) {
  const symbol = symbols[sent % symbols.length] ?? ''
  const price = Math.max(0.01, (prices.get(symbol) ?? 1) * (0.99 + Math.random() * 0.02))
  prices.set(symbol, price)
  const message = session.createTextMessage(price.toFixed(2))
  message.setStringProperty('source', 'a program in Node')
  // Who comes later is given the last price at once, if it asks for what was kept, as the page does.
  message.setBooleanProperty('ActiveMQ.Retain', true)
  await producer.send(session.createTopic(`STOCKS.${symbol}`), message, { deliveryMode: DeliveryMode.NON_PERSISTENT })
  if (sent + 1 < count) await wait(300)
}
console.log(`${count} prices sent`)
