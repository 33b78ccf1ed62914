/** The files of the web samples, as HTTP hands them over. What they do: test/browser. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { describe, test } from 'node:test'
import { WebFiles } from '../../src/web/web-files.ts'
import { heard, open, portOf, started } from '../net/sockets.ts'

const listen = ['auto://127.0.0.1:0', 'ws://127.0.0.1:0']

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** The path goes out as it is written. */
async function ask(port: number, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

describe('the web samples', () => {
  test('are there at every address that speaks HTTP, each file with its type and the rules for browsers', async (t) => {
    const service = await started(t, { listen, web: true })
    const types = new Set<string>()
    for (const port of [portOf(service, 0), portOf(service, 1)]) {
      for (const path of WebFiles.paths) {
        const { status, headers, text } = await ask(port, path)
        assert.equal(status, 200, path)
        assert.ok(text.length > 0, path)
        assert.equal(Number(headers['content-length']), Buffer.byteLength(text))
        assert.equal(headers['x-content-type-options'], 'nosniff')
        assert.equal(headers['x-frame-options'], 'DENY')
        assert.equal(headers['cache-control'], 'no-cache')
        const policy = String(headers['content-security-policy'])
        assert.match(policy, /default-src 'none'/)
        assert.match(policy, /frame-ancestors 'none'/)
        assert.ok(policy.includes(`connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`), policy)
        assert.doesNotMatch(policy, /unsafe|\*/)
        types.add(headers['content-type'] ?? '')
      }
    }
    assert.deepEqual([...types].map((type) => type.split(';')[0]).sort(), [
      'image/svg+xml',
      'text/css',
      'text/html',
      'text/javascript',
      'text/plain',
    ])
  })

  test('refer to nothing that they do not bring along, and have no script or style inside', async (t) => {
    const service = await started(t, { listen, web: true })
    const port = portOf(service)
    for (const path of ['/', '/samples/chat', '/samples/stocks']) {
      const { text } = await ask(port, path)
      for (const [, target = ''] of text.matchAll(/(?:src|href)="([^"#]+)"/g)) {
        if (!target.startsWith('https://github.com/')) assert.ok(WebFiles.paths.includes(target), `${path}: ${target}`)
      }
      assert.doesNotMatch(text, /<script(?![^>]*src=)|<style|\son\w+="|\sstyle="/)
    }
  })

  test('are not sent again to who has them', async (t) => {
    const service = await started(t, { listen, web: true })
    const port = portOf(service)
    const first = await ask(port, '/samples/style.css')
    const etag = String(first.headers.etag)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await ask(port, '/samples/style.css', 'GET', { 'If-None-Match': known })
      assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag])
    }
    assert.equal((await ask(port, '/samples/style.css', 'GET', { 'If-None-Match': '"other"' })).status, 200)
    assert.notEqual((await ask(port, '/samples/chat.js')).headers.etag, etag)
  })

  test('can be looked at with HEAD, and changed with nothing', async (t) => {
    const service = await started(t, { listen, web: true })
    const port = portOf(service)
    const { status, headers, text } = await ask(port, '/', 'HEAD')
    assert.deepEqual([status, text], [200, ''])
    assert.ok(Number(headers['content-length']) > 0)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const refused = await ask(port, '/', method)
      assert.deepEqual([refused.status, refused.headers.allow], [405, 'GET, HEAD'], method)
    }
  })

  test('are all that one can ask for: no path leads to another file', async (t) => {
    const service = await started(t, { listen, web: true })
    const port = portOf(service)
    const paths = [
      '/../package.json',
      '/samples/../../package.json',
      '/samples/..%2f..%2fpackage.json',
      '/%2e%2e/package.json',
      '/samples/%2e%2e/%2e%2e/src/index.ts',
      '/samples/..\\..\\package.json',
      '//etc/passwd',
      '/samples//etc/passwd',
      '/samples/chat.html',
      '/samples/',
      '/SAMPLES/chat',
      '/samples/chat.js%00.txt',
      '/samples/chat.js/',
      '/constructor',
      '/__proto__',
      '/favicon.ico',
    ]
    for (const path of paths) {
      const { status, text } = await ask(port, path)
      assert.equal(status, 404, path)
      assert.match(text, /nothing here/)
    }
    // A question behind the path is nobody's business.
    assert.equal((await ask(port, '/samples/chat?room=../../x')).status, 200)
  })

  test('are for browsers of this machine that call it by its name', async (t) => {
    const service = await started(t, { listen, web: true })
    const port = portOf(service)
    for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, '[::1]', '127.1.2.3:1']) {
      assert.equal((await ask(port, '/', 'GET', { Host: host })).status, 200, host)
    }
    for (const host of ['shop.example', `shop.example:${port}`, 'localhost.example', '127.0.0.1.example', '10.0.0.1']) {
      assert.notEqual((await ask(port, '/', 'GET', { Host: host })).status, 200, host)
    }
  })

  test('answer several requests over one connection', async (t) => {
    const service = await started(t, { listen, web: true })
    const socket = await open(portOf(service))
    const all = heard(socket)
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /samples/chat HTTP/1.1\r\nHost: localhost\r\n\r\n')
    socket.write('GET /samples/logo.svg HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    const text = (await all).toString()
    assert.equal([...text.matchAll(/HTTP\/1\.1 200 OK/g)].length, 3)
  })

  test('leave other paths to the handler of the embedding program', async (t) => {
    const http = { handle: (_request: unknown, response: { end(text: string): void }) => response.end('ours') }
    const service = await started(t, { listen, web: true, http })
    assert.equal((await ask(portOf(service), '/own')).text, 'ours')
    assert.match((await ask(portOf(service), '/')).text, /<!doctype html>/i)
  })

  test('are not there unless asked for', async (t) => {
    const service = await started(t, { listen })
    assert.equal((await ask(portOf(service), '/')).status, 426)
    assert.equal((await ask(portOf(service), '/samples/chat')).status, 404)
  })
})
