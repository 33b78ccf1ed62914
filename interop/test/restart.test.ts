/** What a Java client has been promised is still true after the broker was killed, and one that fails over goes on by itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { text } from '../src/exchange.ts'
import { startMillrace } from '../src/millrace.ts'
import { javaParty } from '../src/remote.ts'

const party = await javaParty(6)
after(() => party.close())

describe(`${party.name} and a Millrace that is killed`, () => {
  it('finds every confirmed message once the journal is opened again', async () => {
    const data = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
    let broker = await startMillrace({ data })
    try {
      const before = await party.connect(broker.url)
      const session = await before.session()
      const producer = await session.producer('queue://kept')
      for (let i = 0; i < 50; i++) await producer.send(text(String(i)))
      const transacted = await before.session('transacted')
      const other = await transacted.producer('queue://kept')
      await other.send(text('committed'))
      await transacted.commit()
      await other.send(text('never committed'))
      broker.child.process.kill('SIGKILL')
      await broker.child.ended
      broker = await startMillrace({ data })
      const later = await party.connect(broker.url)
      await later.start()
      const consumer = await (await later.session()).consumer('queue://kept')
      for (let i = 0; i < 50; i++) assert.equal((await consumer.receive()).body, String(i))
      assert.equal((await consumer.receive()).body, 'committed')
      const again = await (await later.session()).producer('queue://kept')
      await again.send(text('new'))
      assert.equal((await consumer.receive()).body, 'new')
      await later.close()
    } finally {
      await broker.stop()
      rmSync(data, { recursive: true, force: true, maxRetries: 3 })
    }
  })

  it('goes on with its consumers and producers through a failover address', async () => {
    const data = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
    let broker = await startMillrace({ data })
    try {
      const { port } = new URL(broker.url)
      const connection = await party.connect(`failover:(${broker.url})?maxReconnectDelay=100`)
      await connection.start()
      const session = await connection.session('client')
      const consumer = await session.consumer('queue://goes-on')
      const producer = await (await connection.session()).producer('queue://goes-on')
      await producer.send(text('before'))
      assert.equal((await consumer.receive()).body, 'before')
      broker.child.process.kill('SIGKILL')
      await broker.child.ended
      broker = await startMillrace({ data, port: Number(port) })
      // Asked while the client reconnects: the send waits for it.
      await producer.send(text('after'))
      const first = await consumer.receive()
      assert.equal(first.body, 'before', 'it was not acknowledged')
      const second = await consumer.receive()
      assert.equal(second.body, 'after')
      await second.acknowledge()
      await connection.close()
    } finally {
      await broker.stop()
      rmSync(data, { recursive: true, force: true, maxRetries: 3 })
    }
  })
})
