import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { BytesMessage, ConnectionFactory } from '@millrace/client'
import { BrokerService } from 'millrace'
import { temporaryDirectory } from '../temporary-directory.ts'

test('a backup is taken while clients send and receive, and has what was confirmed before it', async (t) => {
  const directory = temporaryDirectory('backup')
  const listen = ['openwire://127.0.0.1:0']
  const service = new BrokerService({ data: join(directory, 'data'), listen, vmName: null })
  await service.start()
  t.after(() => service.stop())
  const url = (service.addresses[0] ?? '').replace('openwire:', 'tcp:')
  await using connection = await new ConnectionFactory(url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('ORDERS'))
  let confirmed = 0
  let going = true
  const sending = (async () => {
    for (; going; confirmed++) {
      const message = session.createBytesMessage()
      message.writeBytes(Buffer.alloc(50_000, confirmed + 1))
      message.setIntProperty('number', confirmed + 1)
      await producer.send(message)
    }
  })()
  const received: number[] = []
  const consumer = await connection.createSession()
  const orders = await consumer.createConsumer(consumer.createQueue('ORDERS'), { selector: 'number < 10' })
  await orders.setMessageListener((message) => void received.push(message.getIntProperty('number')))
  while (confirmed < 200) await new Promise(setImmediate)
  const before = confirmed
  await service.backup(join(directory, 'copy'))
  going = false
  await sending
  await assert.rejects(service.backup(join(directory, 'copy')), { code: 'CONFIGURATION_INVALID' })

  const restored = new BrokerService({ data: join(directory, 'copy'), listen, vmName: null })
  await restored.start()
  t.after(() => restored.stop())
  const copyUrl = (restored.addresses[0] ?? '').replace('openwire:', 'tcp:')
  await using other = await new ConnectionFactory(copyUrl).createConnection()
  await other.start()
  const reader = await other.createSession()
  const all = await reader.createConsumer(reader.createQueue('ORDERS'))
  const found = new Set<number>()
  while (!found.has(before)) {
    const message = await all.receive(10_000)
    assert.ok(message instanceof BytesMessage)
    found.add(message.getIntProperty('number'))
  }
  for (let number = 10; number <= before; number++) assert.ok(found.has(number), `${number} of ${before}`)
})

test('a broker in memory has nothing to back up', async () => {
  const service = new BrokerService({ memory: true, vmName: null })
  await service.start()
  await assert.rejects(service.backup('/nowhere'), { code: 'CONFIGURATION_INVALID' })
  await service.stop()
})
