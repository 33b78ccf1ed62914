import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressText, parseListenAddress } from '../../src/net/address.ts'

test('an address says scheme, host, port and options', () => {
  const address = parseListenAddress('openwire://127.0.0.1:0?wireFormat.maxFrameSize=1000000')
  assert.deepEqual([address.scheme, address.host, address.port, address.loopback], ['openwire', '127.0.0.1', 0, true])
  assert.deepEqual([...address.options], [['wireFormat.maxFrameSize', '1000000']])
})

test('without a port it is the usual one, and the schemes of ActiveMQ configurations are understood', () => {
  assert.equal(parseListenAddress('tcp://localhost').port, 61_616)
  assert.equal(parseListenAddress('tcp://localhost').scheme, 'openwire')
  assert.equal(parseListenAddress('ssl://localhost').scheme, 'openwire+ssl')
})

test('what is spoken at an address, by all the names that ActiveMQ configurations have for it', () => {
  const of = (text: string): readonly unknown[] => {
    const { scheme, protocol, tls, webSocket, port } = parseListenAddress(text)
    return [scheme, protocol, tls, webSocket, port]
  }
  for (const [schemes, expected] of [
    ['openwire tcp nio', ['openwire', 'openwire', false, false, 61_616]],
    ['openwire+ssl ssl nio+ssl', ['openwire+ssl', 'openwire', true, false, 61_616]],
    ['stomp stomp+nio', ['stomp', 'stomp', false, false, 61_613]],
    ['stomp+ssl stomp+nio+ssl', ['stomp+ssl', 'stomp', true, false, 61_613]],
    ['auto auto+nio', ['auto', null, false, false, 61_616]],
    ['auto+ssl auto+nio+ssl', ['auto+ssl', null, true, false, 61_616]],
    ['ws', ['ws', null, false, true, 61_614]],
    ['wss', ['wss', null, true, true, 61_614]],
  ] as const) {
    for (const scheme of schemes.split(' ')) assert.deepEqual(of(`${scheme}://localhost`), expected, scheme)
  }
  // The usual ports of HTTP are ports like others.
  assert.equal(parseListenAddress('ws://localhost:80').port, 80)
  assert.equal(parseListenAddress('wss://localhost:443/?maximumConnections=5').port, 443)
  assert.equal(parseListenAddress('ws://[::1]').port, 61_614)
  const unix = parseListenAddress('unix:///run/x%20y.sock?mode=600')
  assert.deepEqual([unix.protocol, unix.unix, unix.host, unix.loopback], [null, true, '/run/x y.sock', true])
})

test('a scheme that is not spoken is refused, with the one that was probably meant', () => {
  for (const [text, message] of [
    ['stmop://localhost', /begins with "stmop:"; did you mean stomp\?/],
    ['auto+tls://localhost', /did you mean auto\+ssl\?/],
    ['mqtt+nio://localhost', /mqtt is not spoken yet/],
    ['amqp://localhost', /amqp is not spoken yet/],
    ['stomp+openwire://localhost', /begins with "stomp\+openwire:"/],
  ] as const) {
    assert.throws(() => parseListenAddress(text), { code: 'ADDRESS_INVALID', message }, text)
  }
})

test('only what certainly is this machine is loopback', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '[::1]']) {
    assert.equal(parseListenAddress(`openwire://${host}:1`).loopback, true, host)
  }
  for (const host of [
    '0.0.0.0',
    '[::]',
    '192.168.1.1',
    'example.org',
    '127.0.0.1.example.org',
    'localhost.example.org',
  ]) {
    assert.equal(parseListenAddress(`openwire://${host}:1`).loopback, false, host)
  }
})

test('what is no listen address is refused with what was expected', () => {
  const wrong = ['', '61616', '127.0.0.1:61616', 'http://127.0.0.1:1', 'openwire://', 'openwire://127.0.0.1/path']
  for (const text of [...wrong, 'openwire://user:secret@127.0.0.1:1', 'openwire://127.0.0.1:99999']) {
    assert.throws(
      () => parseListenAddress(text),
      { code: 'ADDRESS_INVALID', message: /openwire:\/\/127\.0\.0\.1:61616$/ },
      text,
    )
  }
})

test('IPv6 hosts are written in brackets', () => {
  assert.equal(addressText('openwire', '::1', 5), 'openwire://[::1]:5')
  assert.equal(parseListenAddress('openwire://[::1]:5').host, '::1')
})
