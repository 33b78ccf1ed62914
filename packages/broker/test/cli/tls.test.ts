import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { authority, type Issued } from '../net/authority.ts'
import { millrace, startBroker, temporaryDirectory } from './program.ts'

/** The name in the certificate that the broker shows; null: it does not let us in. */
async function shown(port: number, ca: string, own: Partial<Issued>): Promise<string | null> {
  const socket = connectTls({ host: '127.0.0.1', port, ca, checkServerIdentity: () => undefined, ...own })
  socket.on('error', () => {})
  try {
    await once(socket, 'secureConnect')
    // Who is not let in hears of it after the handshake.
    socket.write('\0\0\u0001')
    const name = String(socket.getPeerCertificate().subject.CN)
    return own.cert === undefined ? await once(socket, 'close').then(() => null) : name
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}

test('start takes certificates from files, and the new ones when the files change', async (t) => {
  const ca = authority(t)
  if (ca === null) {
    t.skip('there is no openssl to make certificates with')
    return
  }
  const folder = await temporaryDirectory()
  const put = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
    return path
  }
  const one = ca.issue('one.example')
  const client = ca.issue('client.example')
  const files = ['--tls-key', await put('key.pem', one.key), '--tls-cert', await put('cert.pem', one.cert)]
  const demand = ['--tls-ca', await put('ca.pem', ca.cert), '--tls-client-certificates']
  const broker = await startBroker(t, ['--memory', '--listen', 'auto://127.0.0.1:0', ...files, ...demand])
  const address = (broker.ready['addresses'] as string[])[1] ?? ''
  const port = Number(/:(\d+)$/.exec(address)?.[1])
  assert.equal(await shown(port, ca.cert, client), 'one.example')
  assert.equal(await shown(port, ca.cert, {}), null)

  // A key whose certificate is not there yet changes nothing.
  const two = ca.issue('two.example')
  await put('key.pem', two.key)
  const logged = new Promise<void>((resolve) => {
    broker.child.stderr?.on('data', (text: string) => text.includes('certificates stay as they were') && resolve())
  })
  await logged
  assert.equal(await shown(port, ca.cert, client), 'one.example')
  await put('cert.pem', two.cert)
  while ((await shown(port, ca.cert, client)) !== 'two.example') await new Promise((resolve) => setImmediate(resolve))
})

test('options about certificates that do not go together, and files that are not there, are refused', async () => {
  for (const [args, message] of [
    [['--tls-key', 'x'], /--tls-key and --tls-cert go together/],
    [['--tls-key', 'x', '--tls-cert', 'y', '--tls-client-certificates'], /needs --tls-ca/],
    [['--tls-ca', 'x'], /--tls-ca needs --tls-key/],
    [['--tls-key', '/no/such/key', '--tls-cert', '/no/such/cert'], /CONFIGURATION_INVALID: tls: ENOENT/],
    [['--listen', 'ssl://127.0.0.1:0'], /CONFIGURATION_INVALID: .*needs a key and a certificate/],
  ] as const) {
    const { code, stderr } = await millrace(['start', '--memory', '--listen', 'auto://127.0.0.1:0', ...args])
    assert.equal(code, 2, stderr)
    assert.match(stderr, message)
  }
})
