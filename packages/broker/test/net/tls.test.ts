/** Certificates: of the broker, which change while it runs, and of clients. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { hashPassword } from '../../src/access/password.ts'
import type { TlsOptions } from '../../src/net/tls.ts'
import type { BrokerService, BrokerServiceOptions } from '../../src/service.ts'
import { RawClient } from '../protocol/raw-client.ts'
import { type Authority, authority } from './authority.ts'
import { openTls, portOf, started, Warnings } from './sockets.ts'

/** What makes certificates, or the test is skipped. */
function signer(t: TestContext): Authority | null {
  const made = authority(t)
  if (made === null) t.skip('there is no openssl to make certificates with')
  return made
}

function nameOf(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN)
}

async function introduced(socket: TLSSocket, name: string): Promise<RawClient> {
  const client = new RawClient(socket, {})
  await client.greet()
  const response = await client.introduce(name)
  assert.equal(response.constructor.name, 'Response')
  return client
}

for (const scheme of ['auto', 'auto+ssl', 'ssl'] as const) {
  test(`${scheme}: other certificates are used from the next handshake on, and connections live on`, async (t) => {
    const ca = signer(t)
    if (ca === null) return
    const service = await started(t, { listen: [`${scheme}://127.0.0.1:0`], tls: ca.issue('one.example') })
    const trust = { ca: ca.cert, checkServerIdentity: () => undefined }
    const before = await openTls(portOf(service), trust)
    assert.equal(nameOf(before), 'one.example')
    const client = await introduced(before, 'before')
    client.send(client.session(1))
    service.reloadTls(ca.issue('two.example'))
    const after = await openTls(portOf(service), trust)
    assert.equal(nameOf(after), 'two.example')
    await client.barrier()
    await client.leave()
    after.destroy()
  })
}

test('certificates that cannot be used change nothing', async (t) => {
  const ca = signer(t)
  if (ca === null) return
  const one = ca.issue('one.example')
  const service = await started(t, { listen: ['auto://127.0.0.1:0'], tls: one })
  const wrong = { code: 'CONFIGURATION_INVALID', message: /cannot be used/ }
  assert.throws(() => service.reloadTls({ key: one.key, cert: ca.issue('two.example').cert }), wrong)
  assert.throws(() => service.reloadTls({ key: 'nothing', cert: 'at all' }), wrong)
  assert.throws(() => service.reloadTls({ ...one, clientCertificates: true }), { code: 'CONFIGURATION_INVALID' })
  const socket = await openTls(portOf(service), { ca: ca.cert, checkServerIdentity: () => undefined })
  assert.equal(nameOf(socket), 'one.example')
  socket.destroy()
  await assert.rejects(started(t, { listen: ['auto://127.0.0.1:0'], tls: { key: 'no', cert: 'no' } }), wrong)
  const without = await started(t, { listen: ['auto://127.0.0.1:0'] })
  assert.throws(() => without.reloadTls(one), { code: 'CONFIGURATION_INVALID', message: /has no tls/ })
})

test('nothing older than TLS 1.2 is spoken', async (t) => {
  const ca = signer(t)
  if (ca === null) return
  const service = await started(t, { listen: ['auto://127.0.0.1:0'], tls: ca.issue('one.example') })
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0', ca: ca.cert }
  await assert.rejects(openTls(portOf(service), old), /version|protocol/i)
  const socket = await openTls(portOf(service), {
    maxVersion: 'TLSv1.2',
    ca: ca.cert,
    checkServerIdentity: () => undefined,
  })
  assert.equal(socket.getProtocol(), 'TLSv1.2')
  socket.destroy()
})

async function demanding(t: TestContext, ca: Authority, more: Partial<BrokerServiceOptions>): Promise<BrokerService> {
  const tls = { ...ca.issue('one.example'), ca: ca.cert, clientCertificates: true }
  return started(t, { listen: ['auto+ssl://127.0.0.1:0'], tls, ...more })
}

test('who has no certificate of a known signer does not get in', async (t) => {
  const ca = signer(t)
  const other = signer(t)
  if (ca === null || other === null) return
  const log = new Warnings()
  const service = await demanding(t, ca, { log })
  const trust = { ca: ca.cert, checkServerIdentity: () => undefined }
  const outcomes: string[] = []
  for (const own of [{}, other.issue('stranger'), ca.issue('friend')]) {
    const socket = connectTls({ host: '127.0.0.1', port: portOf(service), ...trust, ...own })
    const client = new RawClient(socket, {})
    outcomes.push(
      await client.greet().then(
        () => 'in',
        () => 'out',
      ),
    )
    socket.destroy()
    await client.closed
  }
  assert.deepEqual(outcomes, ['out', 'out', 'in'])
  assert.equal(log.reasons.length, 2, log.reasons.join('\n'))
})

test('an address says whether it needs certificates, or wants them', async (t) => {
  const ca = signer(t)
  const other = signer(t)
  if (ca === null || other === null) return
  const listen = ['needClientAuth=true', 'wantClientAuth=true', 'transport.needClientAuth=false'].map(
    (option) => `ssl://127.0.0.1:0?${option}`,
  )
  const tls = { ...ca.issue('one.example'), ca: ca.cert }
  const service = await started(t, { listen, tls })
  const trust = { ca: ca.cert, checkServerIdentity: () => undefined }
  const outcomes: string[] = []
  for (const index of [0, 1, 2]) {
    for (const own of [{}, other.issue('stranger'), ca.issue('friend')]) {
      const socket = connectTls({ host: '127.0.0.1', port: portOf(service, index), ...trust, ...own })
      const client = new RawClient(socket, {})
      const greeted = await client.greet().then(
        () => true,
        () => false,
      )
      if (!greeted) {
        outcomes.push('out')
        continue
      }
      await client.introduce(`client ${outcomes.length}`)
      const [connection] = [...service.broker.connections.values()]
      outcomes.push(connection?.spec.certificate ?? 'in')
      await client.leave()
    }
  }
  assert.deepEqual(outcomes, ['out', 'out', 'CN=friend', 'in', 'in', 'CN=friend', 'in', 'in', 'in'])
  const blind = { ...tls, ca: undefined, clientCertificates: true } as unknown as TlsOptions
  await assert.rejects(started(t, { listen: ['ssl://127.0.0.1:0'], tls: blind }), { code: 'CONFIGURATION_INVALID' })
})

test('a certificate says who its owner is, where the access rules know its subject', async (t) => {
  const ca = signer(t)
  if (ca === null) return
  const access = {
    users: [{ name: 'ann', password: await hashPassword('pearl'), groups: ['staff'] }],
    certificates: [{ subject: 'CN=orders, OU=shop, O=Example', name: 'orders', groups: ['apps'] }],
    permissions: [{ destination: 'queue://ORDERS', read: ['apps'], write: ['apps'], admin: ['apps'] }],
  }
  const service = await demanding(t, ca, { access })
  const trust = { ca: ca.cert, checkServerIdentity: () => undefined }
  const known = await openTls(portOf(service), { ...trust, ...ca.issue('orders', '/O=Example/OU=shop/CN=orders') })
  const client = await introduced(known, 'known')
  const [connection] = [...service.broker.connections.values()]
  assert.deepEqual(connection?.principal, { name: 'orders', groups: ['apps'] })
  assert.equal(connection?.spec.certificate, 'CN=orders,OU=shop,O=Example')
  await client.leave()

  const stomp = await openTls(portOf(service), { ...trust, ...ca.issue('orders', '/O=Example/OU=shop/CN=orders') })
  stomp.write('CONNECT\naccept-version:1.2\nhost:x\n\n\0')
  assert.match(String((await once(stomp, 'data'))[0]), /^CONNECTED\n/)
  assert.deepEqual(
    [...service.broker.connections.values()].map((one) => one.principal?.name),
    ['orders'],
  )
  stomp.destroy()

  const unknown = await openTls(portOf(service), { ...trust, ...ca.issue('other', '/O=Example/OU=shop/CN=other') })
  const stranger = new RawClient(unknown, {})
  await stranger.greet()
  assert.equal((await stranger.introduce('unknown')).constructor.name, 'ExceptionResponse')
  await once(unknown, 'close')
})
