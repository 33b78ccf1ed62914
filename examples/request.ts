/** Asks for prices, and answers. Usage: node request.js [broker URL] */
import { ConnectionFactory, request, respond, TextMessage } from '@millrace/client'

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
await connection.start()
await using session = await connection.createSession()
const prices = session.createQueue('EXAMPLE.PRICES')

// One side answers with what the function returns.
await using _responder = await respond(session, prices, (message) => {
  return message instanceof TextMessage && message.text === 'wheel' ? '7.50' : 'unknown'
})

// The other asks, as often at once as it likes.
const [wheel, moon] = await Promise.all([
  request(connection, prices, 'wheel', { timeout: 5000 }),
  request(connection, prices, 'moon', { timeout: 5000 }),
])
console.log(`a wheel is ${wheel.bodyAs('string')}, a moon ${moon.bodyAs('string')}`)
