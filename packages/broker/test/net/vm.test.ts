import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { findVm, type VmPeer } from '@millrace/base'
import { queue, RawClient, textOf } from '../protocol/raw-client.ts'
import { BrokerService } from '../../src/service.ts'

/** The client's end as a stream, so that the raw client can use it. */
class VmStream extends Duplex {
  #broker: VmPeer | null = null

  connect(name: string): this {
    const client: VmPeer = {
      receive: (chunk) => {
        this.push(chunk)
      },
      closed: () => {
        this.push(null)
        this.destroy()
      },
    }
    this.#broker = findVm(name)?.(client) ?? null
    assert.ok(this.#broker, `vm://${name} is there`)
    return this
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#broker?.receive(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.#broker?.closed()
    done()
  }
}

function open(name: string): RawClient {
  return new RawClient(new VmStream().connect(name) as unknown as Socket, {})
}

async function connected(name: string, client: RawClient): Promise<RawClient> {
  await client.greet()
  await client.introduce(name)
  client.send(client.session(1))
  return client
}

test('a client in the same process talks to the broker by name, in the same words as over a socket', async () => {
  const service = new BrokerService({ name: 'inner', memory: true, listen: ['openwire://127.0.0.1:0'] })
  await service.start()
  const inside = await connected('inside', open('inner'))
  const outside = await RawClient.connect(service.addresses[0] ?? '', 'outside')
  await inside.ask(inside.producer(1, queue('vm')))
  await inside.ask(inside.text(1, 1, queue('vm'), 'to whom it may concern'))
  await outside.ask(outside.consumer(1, queue('vm')))
  const dispatch = await outside.takeMessage()
  assert.equal(textOf(dispatch), 'to whom it may concern')
  await outside.ask(outside.ack(dispatch))
  await outside.leave()
  await inside.leave()
  await service.stop()
  assert.equal(findVm('inner'), undefined)
})

test('chunks handed over are never written to again', async () => {
  const service = new BrokerService({ name: 'still', memory: true })
  await service.start()
  const chunks: { chunk: Buffer; copy: Buffer }[] = []
  const client = await connected('watcher', open('still'))
  client.socket.on('data', (chunk: Buffer) => chunks.push({ chunk, copy: Buffer.from(chunk) }))
  for (let i = 1; i < 50; i++) await client.ask(client.producer(i, queue('vm')))
  for (const { chunk, copy } of chunks) assert.deepEqual(chunk, copy)
  assert.ok(chunks.length > 40)
  await client.leave()
  await service.stop()
})

test('a name is given once: who asks for it by word is refused, who has it by default does without', async () => {
  const first = new BrokerService({ name: 'same', memory: true })
  await first.start()
  const second = new BrokerService({ name: 'same', memory: true })
  await second.start()
  const third = new BrokerService({ vmName: 'same', memory: true })
  await assert.rejects(third.start(), { code: 'ADDRESS_IN_USE' })
  await second.stop()
  assert.ok(findVm('same'))
  await first.stop()
})

test('a broker that stops says so to its inner clients too', async () => {
  const service = new BrokerService({ name: 'leaving', memory: true })
  await service.start()
  const client = await connected('left', open('leaving'))
  await Promise.all([client.closed, service.stop()])
})
