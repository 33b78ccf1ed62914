/**
 * Sends a reading every 20 ms, for ever or so many, to whichever broker answers, and says when there is none.
 * Usage: node failover.js [URL] [count]; try it with a broker that you stop and start again.
 */
import { ConnectionFactory } from '@millrace/client'

const url = process.argv[2] ?? 'tcp://localhost:61616,tcp://localhost:61617'
const count = Number(process.argv[3] ?? Infinity)

// Tries both again and again, at most every second. A send that finds no broker for 30 seconds fails.
const factory = new ConnectionFactory(`failover:(${url})?maxReconnectDelay=1000&timeout=30000`)
await using connection = await factory.createConnection()
connection.on('interrupted', ({ address }) => console.log(`${address} is gone, waiting`))
connection.on('resumed', ({ address, elapsedMs }) =>
  console.log(`${address} is there after ${Math.round(elapsedMs)} ms`),
)
connection.on('exception', (error) => console.error(error.message))

await using session = await connection.createSession()
await using producer = await session.createProducer(session.createQueue('EXAMPLE.READINGS'))
let sent = 0
for (; sent < count; sent++) {
  // Waits as long as there is no broker. When it settles, exactly one copy of the message is stored.
  await producer.send(session.createTextMessage(`reading ${sent}`))
  await new Promise((resolve) => setTimeout(resolve, 20))
}
console.log(`${sent} readings stored`)
