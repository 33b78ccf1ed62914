/** WebSockets, and the HTTP around them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, test } from 'node:test'
import { ByteWriter, ManualClock } from '@millrace/base'
import { initialFormat, wireFormatInfo } from '@millrace/openwire'
import { type ClientOptions, WebSocket } from 'ws'
import { originAllowed } from '../../src/net/origin.ts'
import type { BrokerService } from '../../src/service.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'
import { heard, open, portOf, started, Warnings } from './sockets.ts'

const listen = ['ws://127.0.0.1:0', 'auto://127.0.0.1:0']

function greeting(): Buffer {
  const writer = new ByteWriter()
  initialFormat().marshal(wireFormatInfo(), writer)
  return writer.take()
}

/** The broker speaks first where the sub-protocol says what it speaks. */
async function opened(service: BrokerService, protocol: string | undefined, options: ClientOptions = {}, index = 0) {
  const url = `ws://127.0.0.1:${portOf(service, index)}/`
  const socket = protocol === undefined ? new WebSocket(url, options) : new WebSocket(url, protocol, options)
  const greeted = once(socket, 'message')
  greeted.catch(() => {})
  await once(socket, 'open')
  return { socket, greeted }
}

/** What a refused upgrade is answered with. */
function refusal(port: number, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  return new Promise((resolve, reject) => {
    const asked = request({ port, headers: { ...upgrade, ...headers } })
    asked.on('error', reject)
    asked.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve({ status: 101, text: '' })
    })
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asked.end()
  })
}

describe('a WebSocket', () => {
  test('speaks what its sub-protocol says, and without one what its first bytes say', async (t) => {
    const service = await started(t, { listen })
    for (const index of [0, 1]) {
      const named = await opened(service, 'openwire', {}, index)
      assert.equal(named.socket.protocol, 'openwire')
      assert.equal((await named.greeted)[1], true)
      named.socket.terminate()
      const unnamed = await opened(service, undefined, {}, index)
      assert.equal(unnamed.socket.protocol, '')
      unnamed.socket.send(greeting())
      assert.equal((await unnamed.greeted)[1], true)
      unnamed.socket.terminate()
    }
  })

  test('may put borders between its messages anywhere', async (t) => {
    const service = await started(t, { listen })
    const { socket } = await opened(service, 'openwire')
    const messages: Buffer[] = []
    socket.on('message', (data: Buffer) => messages.push(data))
    for (const byte of greeting()) socket.send(Buffer.of(byte))
    // BrokerInfo comes when both sides have spoken.
    while (messages.length < 1) await once(socket, 'message')
    socket.close()
    await once(socket, 'close')
  })

  test('with no sub-protocol that is spoken is refused, with those that are', async (t) => {
    const service = await started(t, { listen })
    const { status, text } = await refusal(portOf(service), { 'Sec-WebSocket-Protocol': 'mqtt, chat' })
    assert.equal(status, 400)
    assert.match(text, /no sub-protocol of mqtt, chat is spoken here, but .*openwire/)
  })

  test('of a page from elsewhere is refused, unless the address allows that', async (t) => {
    const log = new Warnings()
    const service = await started(t, {
      listen: [...listen, 'ws://127.0.0.1:0?allowedOrigins=https://shop.example'],
      log,
    })
    const own = `127.0.0.1:${portOf(service)}`
    const ask = (index: number, origin: string, host = own) => {
      return refusal(portOf(service, index), { Origin: origin, Host: host }).then(({ status }) => status)
    }
    assert.equal(await ask(0, 'https://evil.example'), 403)
    assert.equal(await ask(1, 'null'), 403)
    assert.match(log.reasons[0] ?? '', /https:\/\/evil\.example may not open WebSockets here; allowedOrigins/)
    assert.equal(await ask(0, `http://${own}`), 101)
    assert.equal(await ask(0, 'http://localhost:5173'), 101)
    assert.equal(await ask(2, 'https://shop.example'), 101)
    assert.equal(await ask(2, 'https://evil.example'), 403)
    // A name that its owner lets lead to this machine.
    assert.equal(await ask(0, 'http://evil.example:61614', 'evil.example:61614'), 403)
  })

  test('that sends text for a binary protocol, or too much, is closed with a reason, and others go on', async (t) => {
    const service = await started(t, { listen: ['ws://127.0.0.1:0?websocket.maxMessageSize=10000'] })
    const other = await opened(service, 'openwire')
    const texting = await opened(service, 'openwire')
    texting.socket.send('hello')
    assert.equal((await once(texting.socket, 'close'))[0], 1003)
    const large = await opened(service, 'openwire')
    large.socket.on('error', () => {})
    large.socket.send(Buffer.alloc(10_001))
    assert.equal((await once(large.socket, 'close'))[0], 1009)
    assert.equal(other.socket.readyState, WebSocket.OPEN)
    other.socket.terminate()
  })

  test('may not pile up one message before its client has said who it is', async (t) => {
    const service = await started(t, { listen })
    const { socket } = await opened(service, 'openwire')
    socket.on('error', () => {})
    socket.send(Buffer.alloc(1_000_000), { fin: false })
    await once(socket, 'close')
  })
})

describe('HTTP without a WebSocket', () => {
  test('is answered in words, on both kinds of addresses', async (t) => {
    const service = await started(t, { listen })
    for (const index of [0, 1]) {
      const home = await fetch(`http://127.0.0.1:${portOf(service, index)}/`)
      assert.equal(home.status, 426)
      assert.equal(home.headers.get('upgrade'), 'websocket')
      assert.match(await home.text(), /speaks WebSocket/)
      const other = await fetch(`http://127.0.0.1:${portOf(service, index)}/admin`, { method: 'POST', body: 'x' })
      assert.equal(other.status, 404)
      assert.match(await other.text(), /nothing here/)
    }
  })

  test('goes to the handler that was given, also over TLS, and what that throws is answered', async (t) => {
    const service = await started(t, {
      listen: [...listen, 'wss://127.0.0.1:0'],
      tls: { key: TEST_KEY, cert: TEST_CERTIFICATE },
      http: {
        handle: (asked, response) => {
          if (asked.url === '/fault') throw new Error('ours')
          response.end(`page ${asked.url}`)
        },
      },
    })
    const url = `http://127.0.0.1:${portOf(service)}`
    assert.equal(await (await fetch(`${url}/a`)).text(), 'page /a')
    assert.equal(await (await fetch(`${url}/b`)).text(), 'page /b')
    assert.equal((await fetch(`${url}/fault`)).status, 500)
    const { request: requestTls } = await import('node:https')
    const asked = requestTls({ port: portOf(service, 2), path: '/c', ca: TEST_CERTIFICATE, agent: false }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    response.setEncoding('utf8')
    assert.equal((await once(response, 'data'))[0], 'page /c')
    asked.destroy()
  })

  test('may take as long as it likes to answer, and not to take the answer', async (t) => {
    const clock = new ManualClock()
    const patient: { finish(): void } = { finish: () => {} }
    const service = await started(t, {
      listen,
      clock,
      http: {
        handle: (asked, response) => {
          if (asked.url === '/large') response.end(Buffer.alloc(50_000_000))
          else patient.finish = () => response.end('at last')
        },
      },
    })
    const slow = await open(portOf(service))
    const text = heard(slow)
    slow.write('GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const stuck = await open(portOf(service))
    stuck.on('error', () => {})
    stuck.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(stuck, 'readable')
    while (service.connectionCount > 1) {
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
      clock.advance(10_000)
    }
    patient.finish()
    assert.match((await text).toString(), /at last$/)
    stuck.destroy()
  })

  test('with headers beyond the limit, or that is none, costs its connection', async (t) => {
    const service = await started(t, { listen })
    for (const text of [
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      'STOMP\n\n\0',
      '\r\n\r\nnothing\r\n\r\n',
    ]) {
      const socket = await open(portOf(service))
      const answer = heard(socket)
      socket.write(text)
      assert.match((await answer).toString(), /^HTTP\/1\.1 400 Bad Request\r\n/)
    }
    while (service.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('does not count as a connection any more when it is over', async (t) => {
    const service = await started(t, { listen: ['ws://127.0.0.1:0?maximumConnections=1'] })
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`http://127.0.0.1:${portOf(service)}/`, { headers: { Connection: 'close' } })
      await response.text()
      while (service.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve))
    }
  })
})

test('which origins may open a WebSocket', () => {
  const allowed = (origin: string | undefined, host: string, list: readonly string[] = [], loopback = false) => {
    return originAllowed(origin, host, list, loopback)
  }
  assert.equal(allowed(undefined, 'a.example'), true)
  assert.equal(allowed('https://a.example', 'A.example'), true)
  assert.equal(allowed('https://a.example:8443', 'a.example'), false)
  assert.equal(allowed('https://b.example', 'a.example'), false)
  assert.equal(allowed('null', 'a.example'), false)
  assert.equal(allowed('null', 'a.example', ['null']), true)
  assert.equal(allowed('https://b.example', 'a.example', ['*']), true)
  assert.equal(allowed('http://localhost:1', 'localhost:1', [], true), true)
  assert.equal(allowed('http://[::1]:1', '[::1]:1', [], true), true)
  assert.equal(allowed('http://localhost:5173', '127.0.0.1:1', [], true), true)
  assert.equal(allowed('http://localhost:5173', 'a.example', [], false), false)
  assert.equal(allowed('http://localhost.example', '127.0.0.1:1', [], true), false)
  assert.equal(allowed('null', '127.0.0.1:1', [], true), false)
  assert.equal(allowed('http://a.example:1', 'a.example:1', [], true), false)
})
