import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock, MillraceError } from '@millrace/base'
import { ConnectionId, ConnectionInfo, DataType } from '@millrace/openwire'
import type { Interceptor, Principal } from '../../src/core/broker.ts'
import { BrokerService } from '../../src/service.ts'
import { queue, RawClient, textOf } from './raw-client.ts'

interface Asked {
  readonly userName: string | null
  answer(outcome: Principal | Error): void
}

/** A broker that asks, and waits for the test to answer. */
async function asking(t: TestContext): Promise<{
  address: string
  clock: ManualClock
  service: BrokerService
  asked: () => Promise<Asked>
}> {
  const clock = new ManualClock()
  const questions: Asked[] = []
  let told = (): void => {}
  const directory: Interceptor = {
    authenticating: ({ userName }) =>
      new Promise((resolve, reject) => {
        const answer = (outcome: Principal | Error): void =>
          outcome instanceof Error ? reject(outcome) : resolve(outcome)
        questions.push({ userName, answer })
        told()
      }),
  }
  const service = new BrokerService({
    memory: true,
    listen: ['openwire://127.0.0.1:0'],
    vmName: null,
    clock,
    interceptors: [directory],
  })
  await service.start()
  t.after(() => service.stop())
  const asked = async (): Promise<Asked> => {
    for (;;) {
      const question = questions.shift()
      if (question !== undefined) return question
      await new Promise<void>((resolve) => {
        told = resolve
      })
    }
  }
  return { address: service.addresses[0] ?? '', clock, service, asked }
}

const ANN: Principal = { name: 'ann', groups: [] }

function introduction(name: string): ConnectionInfo {
  const info = new ConnectionInfo()
  info.connectionId = new ConnectionId()
  info.connectionId.value = `ID:${name}-1-1-1:1`
  info.clientId = name
  info.userName = name
  return info
}

test('what a client sends with its introduction waits for the answer, and is then done in order', async (t) => {
  const { address, asked, service } = await asking(t)
  const client = await RawClient.greet(address)
  const info = introduction('hasty')
  client.connectionId = info.connectionId?.value ?? ''
  client.send(info)
  client.send(client.session(1))
  const producing = client.request(client.producer(1, queue('q')))
  const sending = client.request(client.text(1, 1, queue('q'), 'early'))
  const question = await asked()
  assert.equal(question.userName, 'hasty')
  assert.equal(service.broker.connections.size, 0)
  question.answer(ANN)
  await producing
  await sending
  const [connection] = service.broker.connections.values()
  assert.equal(connection?.principal, ANN)
  await client.ask(client.consumer(1, queue('q')))
  assert.equal(textOf(await client.takeMessage()), 'early')
  await client.leave()
})

test('who is refused reads a SecurityException as the answer, and the link closes two seconds later', async (t) => {
  const { address, asked, clock, service } = await asking(t)
  const client = await RawClient.greet(address)
  const refused = client.refused(introduction('eve'))
  ;(await asked()).answer(new MillraceError('NOT_AUTHENTICATED', 'no'))
  assert.equal(await refused, 'java.lang.SecurityException')
  clock.advance(2_000)
  await client.closed
  assert.equal(service.broker.connections.size, 0)
})

test('an introduction that asks for no answer is refused with a ConnectionError', async (t) => {
  const { address, asked } = await asking(t)
  const client = await RawClient.greet(address)
  client.send(introduction('eve'))
  ;(await asked()).answer(new MillraceError('NOT_AUTHENTICATED', 'no'))
  await client.take(DataType.ConnectionError)
})

test('a connection that nobody answers for is let go after a minute', async (t) => {
  const { address, asked, clock } = await asking(t)
  const client = await RawClient.greet(address)
  client.send(introduction('ann'))
  const question = await asked()
  clock.advance(59_000)
  assert.equal(client.socket.destroyed, false)
  clock.advance(1_000)
  await client.closed
  // Too late: it is nobody's any more.
  question.answer(ANN)
})

test('a mistake among what waited ends the connection, and nothing else', async (t) => {
  const { address, asked, service } = await asking(t)
  const client = await RawClient.greet(address)
  client.send(introduction('ann'))
  client.send(introduction('ann'))
  ;(await asked()).answer(ANN)
  await client.closed
  assert.equal(service.broker.connections.size, 0)
  const other = await RawClient.greet(address)
  const introduced = other.introduce('bob')
  ;(await asked()).answer({ name: 'bob', groups: [] })
  assert.equal((await introduced).dataType, DataType.Response)
  await other.leave()
})
