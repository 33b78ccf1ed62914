import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { silentLogger } from '@millrace/base'
import { ConnectionFactory } from '@millrace/client'
import { startBroker } from './fixture.ts'
import { Relay } from './relay.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

test('updateURIsURL: a file or a server names the brokers, and is asked again before each pass', async (t) => {
  const broker = await startBroker(t)
  const gone = await Relay.between(t, broker.url)
  await gone.close()
  const folder = temporaryDirectory('test')
  const file = join(folder, 'brokers.txt')
  await writeFile(file, `# ours\n${gone.url},\n${broker.url}\n`)
  for (const place of [file, String(pathToFileURL(file))]) {
    const url = `failover:(${gone.url})?maxReconnectAttempts=2&updateURIsURL=${encodeURIComponent(place)}`
    const connection = await new ConnectionFactory(url).createConnection()
    assert.equal(connection.address, broker.url)
    await connection.close()
  }
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.statusCode = asked === 1 ? 503 : 200
    response.end(asked === 1 ? 'tcp://127.0.0.1:1' : broker.url)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const warnings: string[] = []
  const log = { ...silentLogger, warn: (_: object, message: string): void => void warnings.push(message) }
  const updateURIsURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/brokers`
  const connection = await new ConnectionFactory(`failover:(${gone.url})`, {
    failover: { updateURIsURL, maxReconnectDelay: 5 },
    log,
  }).createConnection()
  assert.equal(connection.address, broker.url)
  assert.equal(asked, 2)
  assert.ok(warnings.includes('the list of brokers could not be read'))
  await connection.close()
})
