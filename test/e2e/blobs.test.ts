import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  BlobMessage,
  BlobTransfer,
  ConfigurationError,
  JMSError,
  JMSSecurityError,
  ResourceAllocationError,
} from '@millrace/client'
import { SOON, startBroker } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

/** A file server that takes PUT, GET and DELETE. */
async function startFiles(t: TestContext): Promise<{ readonly url: string; readonly files: Map<string, Buffer> }> {
  const files = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const known = files.get(path)
      if (path === '/blobs/elsewhere') response.writeHead(302, { location: '/secret' })
      else if (request.method === 'PUT') files.set(path, Buffer.concat(chunks))
      else if (known === undefined) response.statusCode = 404
      else if (request.method === 'DELETE') files.delete(path)
      else response.write(known)
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, files }
}

test('the data of a blob message goes by a server, and only its address through the broker', async (t) => {
  const broker = await startBroker(t)
  const { url, files } = await startFiles(t)
  const blobs = new BlobTransfer({ uploadUrl: `${url}/blobs/` })
  const session = await (await broker.connect()).createSession()
  const queue = session.createQueue('BLOBS')
  const data = Buffer.alloc(1_000_000, 'picture')
  const message = await blobs.upload(session, data, { mimeType: 'image/png' })
  const producer = await session.createProducer(queue)
  await producer.send(message)
  assert.ok(producer.statistics().bytes < 1000)
  const received = await (await session.createConsumer(queue)).receive(SOON)
  assert.ok(received instanceof BlobMessage)
  assert.equal(received.mimeType, 'image/png')
  assert.deepEqual(await blobs.download(received), data)
  await blobs.remove(received)
  assert.equal(files.size, 0)
  await assert.rejects(blobs.download(received), (error) => error instanceof JMSError && error.code === 'BLOB_TRANSFER')
})

test('a blob is fetched only from where it may come from, and only so much of it', async (t) => {
  const broker = await startBroker(t)
  const { url, files } = await startFiles(t)
  files.set('/secret', Buffer.from('secret'))
  files.set('/blobs/large', Buffer.alloc(1001))
  const session = await (await broker.connect()).createSession()
  const blobs = new BlobTransfer({ from: [`${url}/blobs/`], bytesMax: 1000 })
  for (const wrong of [
    `${url}/secret`,
    `${url}/blobs/../secret`,
    `${url}/blobs/%2e%2e/secret`,
    'file:///etc/passwd',
    'x',
  ]) {
    await assert.rejects(blobs.download(session.createBlobMessage(wrong)), JMSSecurityError, wrong)
  }
  await assert.rejects(blobs.download(session.createBlobMessage(`${url}/blobs/elsewhere`)), JMSError)
  await assert.rejects(blobs.download(session.createBlobMessage(`${url}/blobs/large`)), ResourceAllocationError)
  await assert.rejects(blobs.upload(session, Buffer.from('x')), ConfigurationError)
  for (const wrong of ['ftp://a/', `${url}/blobs`, 'x']) {
    assert.throws(() => new BlobTransfer({ uploadUrl: wrong }), ConfigurationError)
  }
})

test('blobs may be files in a folder that both sides share', async (t) => {
  const broker = await startBroker(t)
  const folder = temporaryDirectory('blobs')
  const blobs = new BlobTransfer({ uploadUrl: `${pathToFileURL(folder).href}/`, bytesMax: 4 })
  const session = await (await broker.connect()).createSession()
  const message = await blobs.upload(session, Buffer.from('data'))
  assert.equal((await readdir(folder)).length, 1)
  assert.equal((await blobs.download(message)).toString(), 'data')
  await blobs.remove(message)
  assert.equal((await readdir(folder)).length, 0)
  await assert.rejects(blobs.upload(session, Buffer.from('large')), ResourceAllocationError)
})
