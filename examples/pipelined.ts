/**
 * Many sends at once, each confirmed by the broker: the order of the calls, the safety of one at a time, and nearly the
 * speed of not waiting. Usage: node pipelined.js [broker URL]
 */
import { ConnectionFactory } from '@millrace/client'

const COUNT = 1000

const factory = new ConnectionFactory(process.argv[2] ?? 'tcp://localhost:61616')
await using connection = await factory.createConnection()
await using session = await connection.createSession()
await using producer = await session.createProducer(session.createQueue('EXAMPLE.PIPELINED'))

const readings = Array.from({ length: COUNT }, (_, i) => session.createMapMessage({ sensor: 'north', reading: i / 10 }))

const results = await Promise.allSettled(readings.map((reading) => producer.send(reading)))
const failed = results.filter((result) => result.status === 'rejected')
console.log(`${results.length - failed.length} of ${COUNT} stored, in order`)
