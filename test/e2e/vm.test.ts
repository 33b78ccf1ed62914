import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findVm } from '@millrace/base'
import { ConfigurationError, type Connection, ConnectionFactory, ConnectionFailedError } from '@millrace/client'
import { BrokerService } from 'millrace'
import { SOON, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

test('vm: finds a broker of this process', async () => {
  const service = new BrokerService({ memory: true, vmName: 'vm-test' })
  await service.start()
  const connection = await new ConnectionFactory('vm://vm-test').createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('VM')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await Promise.all(['a', 'b', 'c'].map((text) => producer.send(session.createTextMessage(text))))
  for (const text of ['a', 'b', 'c']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await connection.close()
  await service.stop()
})

test('vm: makes a broker on demand, which goes with its last connection', async () => {
  const factory = new ConnectionFactory('vm://on-demand')
  const [one, two] = await Promise.all([factory.createConnection(), factory.createConnection()])
  const session = await one.createSession()
  await (await session.createProducer(session.createQueue('Q'))).send(session.createTextMessage('shared'))
  await one.close()
  await two.start()
  const other = await two.createSession()
  assert.equal(textOf(await (await other.createConsumer(other.createQueue('Q'))).receive(SOON)), 'shared')
  assert.notEqual(findVm('on-demand'), undefined)
  await two.close()
  assert.equal(findVm('on-demand'), undefined)
})

test('vm: with create=false there must be one', async () => {
  await assert.rejects(new ConnectionFactory('vm://nobody?create=false').createConnection(), ConnectionFailedError)
})

async function connect(t: TestContext, url: string): Promise<Connection> {
  const connection = await new ConnectionFactory(url).createConnection()
  t.after(() => connection.close())
  await connection.start()
  return connection
}

async function folderFor(): Promise<string> {
  const folder = temporaryDirectory('vm')
  return folder
}

async function sendAndReceive(t: TestContext, from: Connection, url: string): Promise<void> {
  const session = await from.createSession()
  const queue = session.createQueue('DESCRIBED')
  await (await session.createProducer(queue)).send(session.createTextMessage('x'))
  const other = await (await connect(t, url)).createSession()
  assert.equal(textOf(await (await other.createConsumer(queue)).receive(SOON)), 'x')
}

test('vm: a broker is described by broker:(...), and others reach it where that says', async (t) => {
  const path = join(await folderFor(), 'described.sock')
  for (const url of [
    `vm:(broker:(unix://${path})/described?persistent=false&useJmx=false)?waitForStart=0`,
    `vm://described?brokerConfig=${encodeURIComponent(`broker:(unix://${path})?persistent=false`)}`,
    `vm:broker:(unix://${path})/described`,
  ]) {
    const connection = await connect(t, url)
    assert.equal(connection.brokerInfo?.name ?? 'described', 'described')
    await sendAndReceive(t, connection, `unix://${path}`)
    await connection.close()
  }
})

test('vm: a broker with a journal, described by options or a properties file, keeps what it has', async (t) => {
  const folder = await folderFor()
  const file = join(folder, 'broker.properties')
  await writeFile(file, `# ours\nbrokerName = kept\npersistent=true\ndataDirectory: ${join(folder, 'data')}\n`)
  const first = await connect(t, `vm://kept?broker.persistent=true&broker.dataDirectory=${join(folder, 'data')}`)
  const session = await first.createSession()
  await (await session.createProducer(session.createQueue('Q'))).send(session.createTextMessage('kept'))
  await first.close()
  assert.equal(findVm('kept'), undefined)
  const second = await new ConnectionFactory(`vm://kept?brokerConfig=properties:${file}&create=true`).createConnection()
  await second.start()
  const again = await second.createSession()
  assert.equal(textOf(await (await again.createConsumer(again.createQueue('Q'))).receive(SOON)), 'kept')
  await second.close()
  // The next of that name begins when the journal has been let go.
  await (await new ConnectionFactory('vm://kept').createConnection()).close()
})

test('vm: what a description cannot say is refused', async () => {
  for (const url of [
    'vm://refused?broker.persistant=true',
    'vm://refused?brokerConfig=xbean:file.xml',
    'vm://refused?brokerConfig=properties:http://elsewhere/broker.properties',
    'vm://refused?brokerConfig=properties:/not/there',
    'vm:(broker:(network:static:(tcp://a:1))/refused)',
  ]) {
    const connecting = async (): Promise<unknown> => await new ConnectionFactory(url).createConnection()
    await assert.rejects(connecting, ConfigurationError, url)
  }
})

test('vm://localhost is any broker of this process when none has that name', async (t) => {
  const service = new BrokerService({ memory: true, vmName: 'only-one' })
  await service.start()
  t.after(() => service.stop())
  const connection = await connect(t, 'vm://localhost?create=false')
  await connection.sync()
  assert.equal(connection.brokerInfo?.name, 'millrace')
  await connection.close()
})
