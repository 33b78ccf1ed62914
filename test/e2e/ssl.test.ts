import assert from 'node:assert/strict'
import { type AddressInfo, connect as connectTo } from 'node:net'
import { test } from 'node:test'
import { createServer, type TLSSocket } from 'node:tls'
import { ConnectionFactory, type ConnectionFactoryOptions, ConnectionFailedError } from '@millrace/client'
import { BrokerService } from 'millrace'
import { certificateFor } from './certificates.ts'
import { SOON, startBroker, textOf } from './fixture.ts'

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

test('ssl: the client shows its certificate to who asks for it, and names the host that it wants', async (t) => {
  const own = certificateFor('localhost')
  const client = certificateFor('client.example')
  if (own === null || client === null) {
    t.skip('there is no openssl to make certificates with')
    return
  }
  const broker = await startBroker(t)
  const callers: [string | undefined, string | false | null][] = []
  // In front of the broker, because the broker itself asks nobody for a certificate.
  const front = createServer({ ...own, ca: client.cert, requestCert: true }, (socket: TLSSocket) => {
    callers.push([socket.getPeerCertificate().subject.CN?.toString(), socket.servername])
    const back = connectTo(Number(new URL(broker.url).port), '127.0.0.1')
    socket.pipe(back).pipe(socket)
    for (const end of [socket, back]) end.on('error', () => {})
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  t.after(() => front.close())
  const url = `ssl://localhost:${(front.address() as AddressInfo).port}`
  const connection = await new ConnectionFactory(url, {
    tls: { ca: own.cert, cert: client.cert, key: client.key },
  }).createConnection()
  await connection.start()
  await connection.close()
  assert.deepEqual(callers, [['client.example', 'localhost']])
  await assert.rejects(new ConnectionFactory(url, { tls: { ca: own.cert } }).createConnection(), ConnectionFailedError)
})
