import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startBroker } from './fixture.ts'
import { Relay } from './relay.ts'

const run = promisify(execFile)

async function example(name: string, ...args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../../../examples/build/${name}.js`, import.meta.url))
  const { stdout, stderr } = await run(process.execPath, [file, ...args])
  assert.equal(stderr, '')
  return stdout.trim()
}

test('a program that waits for a broker stays alive until there is one', async (t) => {
  const { url } = await startBroker(t)
  const relay = await Relay.between(t, url)
  relay.refusing = true
  const refused = new Promise<void>((resolve) => {
    relay.onRefused = resolve
  })
  const output = example('failover', relay.url, '1')
  await refused
  relay.refusing = false
  assert.equal(await output, '1 readings stored')
})

test('every example runs and says what it should', async (t) => {
  const { url } = await startBroker(t)
  assert.match(await example('hello', url), /^ID:/)
  assert.match(await example('send', url), /^sent ID:/)
  assert.equal(await example('receive', url), 'received "Hello" in en')
  assert.equal(await example('transaction', url), 'invoiced 3 wheels')
  assert.equal(await example('pipelined', url), '1000 of 1000 stored, in order')
  assert.equal(await example('failover', url, '5'), '5 readings stored')
  assert.equal(await example('request', url), 'a wheel is 7.50, a moon unknown')
  assert.equal(await example('typed', url), '3 of wheel')
  assert.match(await example('later', url), /in a moment: here it is$/)
  assert.equal(await example('shared', url), 'moon and wheel')
  assert.equal(await example('stocks', url, '2'), '2 prices sent')
  assert.equal(await example('vm'), 'news of sport')
  assert.equal(await example('stomp'), 'a wheel: 7.50')
  assert.equal(await example('virtual-topic', url), 'billing: wheel moon\nshipping: wheel moon')
})

test('the programs of the guides for those who come from other clients run', async (t) => {
  const { url } = await startBroker(t)
  assert.equal(
    await example('coming-from-stompit', url),
    '41300 certain\n3 accepted, 1 rejected, 1 again; "while nobody listened"; 7.50',
  )
  assert.equal(await example('coming-from-stompjs', url), 'sweep small, dust small; HELLO')
  assert.equal(await example('coming-from-rhea', url), '3000 accepted, 4 received, 1 seen; TWAS BRILLIG')
})
