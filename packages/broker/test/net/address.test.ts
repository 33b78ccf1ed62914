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
