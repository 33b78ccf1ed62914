import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory, type ConnectionFactoryOptions, ConnectionFailedError } from '@millrace/client'
import { BrokerService } from 'millrace'
import { certificateFor } from './certificates.ts'
import { SOON, textOf } from './fixture.ts'

test('ssl: the certificate and the host name of the broker are checked', async (t) => {
  const own = certificateFor('localhost')
  const other = certificateFor('broker.example')
  if (own === null || other === null) {
    t.skip('there is no openssl to make certificates with')
    return
  }
  const services: BrokerService[] = []
  t.after(async () => {
    for (const service of services) await service.stop()
  })
  const start = async (tls: { key: string; cert: string }): Promise<string> => {
    const service = new BrokerService({ memory: true, listen: ['openwire+ssl://127.0.0.1:0'], tls, vmName: null })
    await service.start()
    services.push(service)
    return new URL((service.addresses[0] ?? '').replace(/^[a-z+]+:/, 'http:')).port
  }
  const connect = (url: string, options: ConnectionFactoryOptions) =>
    new ConnectionFactory(url, options).createConnection()

  const port = await start(own)
  const connection = await connect(`ssl://localhost:${port}`, { tls: { ca: own.cert } })
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('SSL')
  await (await session.createProducer(queue)).send(session.createTextMessage('secret'))
  assert.equal(textOf(await (await session.createConsumer(queue)).receive(SOON)), 'secret')
  await connection.close()

  await assert.rejects(connect(`ssl://localhost:${port}`, {}), ConnectionFailedError)
  const wrong = await start(other)
  await assert.rejects(connect(`ssl://localhost:${wrong}`, { tls: { ca: other.cert } }), ConnectionFailedError)
  const lenient = await connect(`nio+ssl://localhost:${wrong}?verifyHostName=false`, { tls: { ca: other.cert } })
  await lenient.close()
})
