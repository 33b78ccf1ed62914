/** In a process of its own, because Node 20 has WebSockets only when asked: sends, receives, and goes on after a cut. */
import { ConfigurationError, ConnectionFactory } from '@millrace/client'

const [, , url = '', wanted = ''] = process.argv

if (wanted === 'refused') {
  try {
    await (await new ConnectionFactory(url).createConnection()).close()
    console.log('connected')
  } catch (error) {
    console.log(error instanceof ConfigurationError ? 'no WebSocket' : 'not reached')
  }
} else {
  const connection = await new ConnectionFactory(`failover:(${url})?initialReconnectDelay=1`).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('OVER.WS')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  const lengths: (number | undefined)[] = []
  for (const length of [1, 200, 70_000, 3_000_000]) {
    await producer.send(session.createTextMessage('x'.repeat(length)))
    lengths.push((await consumer.receive(10_000))?.bodyAs('string')?.length)
  }
  console.log(lengths.join(' '))
  const resumed = new Promise<void>((resolve) => {
    connection.once('resumed', () => resolve())
  })
  process.stdin.once('data', () => {})
  await resumed
  await producer.send(session.createTextMessage('after the cut'))
  console.log((await consumer.receive(10_000))?.bodyAs('string'))
  await connection.close()
  process.stdin.pause()
}
