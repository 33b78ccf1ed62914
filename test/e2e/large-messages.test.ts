/** What is larger than memory should have to be: a long stream in pieces, and bodies of tens of megabytes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { AcknowledgeMode, BytesMessage, type Message, readableOf, writableTo } from '@millrace/client'
import { Destination } from 'millrace'
import { type Fixture, startBroker } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const MIB = 1 << 20
const FAR = 60_000

async function withDisk(t: TestContext): Promise<Fixture> {
  const directory = temporaryDirectory('large')
  const fixture = await startBroker(t, { memory: false, data: directory })
  return fixture
}

/** The most that bodies took, in the broker's books and in the whole process, which is broker and client. */
class Peak {
  brokerBytes = 0
  processBytes = 0
  readonly #fixture: Fixture
  readonly #before = process.memoryUsage().arrayBuffers

  constructor(fixture: Fixture) {
    this.#fixture = fixture
  }

  look(): void {
    this.brokerBytes = Math.max(this.brokerBytes, this.#fixture.service.broker.usage.memoryBytes)
    this.processBytes = Math.max(this.processBytes, process.memoryUsage().arrayBuffers - this.#before)
  }
}

test('a stream of 300 MB goes through a queue in pieces, and memory stays flat on both sides', async (t) => {
  const fixture = await withDisk(t)
  const connection = await fixture.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('FILES')
  const peak = new Peak(fixture)
  const [sent, received] = [createHash('sha256'), createHash('sha256')]
  let number = 0
  const piece = ({ bytes, last }: { bytes: Buffer; last: boolean }): Message => {
    const message = session.createBytesMessage()
    message.writeBytes(bytes)
    // One group: all pieces go to one consumer, in order.
    message.setStringProperty('JMSXGroupID', 'file-1')
    number++
    message.setIntProperty('JMSXGroupSeq', last ? -1 : number)
    message.setBooleanProperty('last', last)
    return message
  }
  await pipeline(
    async function* () {
      for (let i = 1; i <= 300; i++) {
        const bytes = Buffer.alloc(MIB, i)
        bytes.writeUInt32BE(i * 2_654_435, 7)
        sent.update(bytes)
        peak.look()
        yield { bytes, last: i === 300 }
      }
    },
    writableTo(await session.createProducer(queue), piece, { highWaterMark: 4 }),
  )
  // All of it is stored; a window of it is in memory.
  assert.equal(fixture.service.broker.queue(Destination.parse('FILES'))?.count, 300)
  const consumer = await session.createConsumer(queue, { prefetchSize: 4 })
  let bytes = 0
  for await (const message of readableOf(consumer) as AsyncIterable<Message>) {
    assert.ok(message instanceof BytesMessage)
    received.update(message.bytes)
    bytes += message.bytes.length
    peak.look()
    await message.acknowledge()
    if (message.getBooleanProperty('last')) break
  }
  assert.equal(bytes, 300 * MIB)
  assert.equal(received.digest('hex'), sent.digest('hex'))
  assert.ok(peak.brokerBytes <= 64 * MIB, `the broker held ${peak.brokerBytes}`)
  assert.ok(peak.processBytes <= 250 * MIB, `the process held ${peak.processBytes}`)
})

test('bodies of tens of megabytes are on the disk only, and are read one by one', async (t) => {
  const fixture = await withDisk(t)
  const connection = await fixture.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('LARGE')
  const producer = await session.createProducer(queue)
  const peak = new Peak(fixture)
  for (let i = 1; i <= 8; i++) {
    const message = session.createBytesMessage()
    message.writeBytes(Buffer.alloc(25 * MIB, i))
    await producer.send(message)
    peak.look()
  }
  const consumer = await session.createConsumer(queue, { prefetchSize: 1 })
  for (let i = 1; i <= 8; i++) {
    const message = await consumer.receive(FAR)
    assert.ok(message instanceof BytesMessage)
    assert.equal(message.bytes.length, 25 * MIB)
    assert.equal(message.bytes[MIB], i)
    peak.look()
    await message.acknowledge()
  }
  // 200 MB were stored; of them the window and what is on its way.
  assert.ok(peak.brokerBytes <= 110 * MIB, `the broker held ${peak.brokerBytes}`)
})
