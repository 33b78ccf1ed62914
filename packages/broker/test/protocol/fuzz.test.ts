import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter, seededRandom } from '@millrace/base'
import { type DataStructure, DataType, initialFormat, WireFormat, WireFormatInfo } from '@millrace/openwire'
import { BrokerService } from '../../src/service.ts'
import { queue, RawClient, textOf } from './raw-client.ts'
import { recording, RECORDINGS } from './recording.ts'

/*
 * Recorded frames of clients, damaged and shuffled, from many peers. Whatever they say: the broker goes on, nothing is
 * held to be its own mistake, and one well-behaved client gets through all the time.
 */

const SEED = Number(process.env['MILLRACE_SEED'] ?? 20_261_124)
const PEERS = 150

function clientFrames(name: string): DataStructure[] {
  const frames: DataStructure[] = []
  for (const step of recording(name)) {
    if (step.kind === 'frame' && step.from === 'client' && step.link === 1) frames.push(step.structure)
  }
  return frames
}

test(`damaged and shuffled commands end links, never the broker (seed ${SEED})`, async () => {
  const random = seededRandom(SEED)
  const mistakes: Error[] = []
  const service = new BrokerService({
    memory: true,
    listen: ['openwire://127.0.0.1:0'],
    vmName: null,
    onFailed: (error) => mistakes.push(error),
  })
  await service.start()
  const address = service.addresses[0] ?? ''
  const steady = await RawClient.connect(address, 'steady')
  await steady.ask(steady.producer(1, queue('steady')))
  await steady.ask(steady.consumer(1, queue('steady')))

  for (let peer = 0; peer < PEERS; peer++) {
    const [greeting, ...commands] = clientFrames(RECORDINGS[random(RECORDINGS.length)] as string)
    assert.ok(greeting instanceof WireFormatInfo)
    const client = await RawClient.open(address, greeting)
    client.put(greeting)
    await client.greeted
    const format = client.agreed === null ? initialFormat() : new WireFormat(client.agreed)
    // The introduction mostly stays whole, or nothing would come behind it.
    const order = commands.map((command, i) => ({ command, at: i < 1 && random(8) > 0 ? -1 : i + random(4) }))
    order.sort((a, b) => a.at - b.at)
    const writer = new ByteWriter()
    for (const { command, at } of order) {
      format.marshal(command, writer)
      const frame = Buffer.from(writer.take())
      if (at >= 0 && random(6) === 0) damage(frame, random)
      client.write(frame)
      if (random(10) === 0) client.write(frame)
    }
    if (random(2) === 0) client.socket.end()
    else client.socket.resetAndDestroy()
    await client.closed

    await steady.ask(steady.text(1, peer + 1, queue('steady'), `${peer}`))
    const dispatch = await steady.takeMessage()
    assert.equal(textOf(dispatch), `${peer}`)
    await steady.ask(steady.ack(dispatch))
    assert.deepEqual(mistakes, [])
  }
  assert.equal(steady.count(DataType.ConnectionError), 0)
  await steady.leave()
  await service.stop()
  assert.deepEqual(mistakes, [])
})

/** Behind the size: a frame of another length would only be a protocol error. Now and then that too. */
function damage(frame: Buffer, random: (limit: number) => number): void {
  const from = random(20) === 0 ? 0 : 4
  for (let i = 0; i <= random(3); i++) frame[from + random(frame.length - from)] = random(256)
}
