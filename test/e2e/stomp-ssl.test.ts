import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { BrokerService } from 'millrace'
import { certificateFor } from './certificates.ts'

test('STOMP is spoken over TLS', async (t) => {
  const own = certificateFor('localhost')
  if (own === null) {
    t.skip('there is no openssl to make certificates with')
    return
  }
  const service = new BrokerService({ memory: true, listen: ['stomp+ssl://127.0.0.1:0'], tls: own, vmName: null })
  await service.start()
  t.after(() => service.stop())
  const [address = ''] = service.addresses
  assert.match(address, /^stomp\+ssl:/)
  const port = Number(new URL(address.replace('stomp+ssl:', 'http:')).port)
  const socket = connect({ host: '127.0.0.1', port, ca: own.cert, servername: 'localhost' })
  socket.write('CONNECT\naccept-version:1.2\nhost:localhost\n\n\0')
  socket.write('SUBSCRIBE\nid:1\ndestination:/queue/A\n\n\0SEND\ndestination:/queue/A\n\nsecret\0')
  let received = ''
  for await (const chunk of socket.setEncoding('utf8')) {
    received += chunk as string
    if (received.endsWith('secret\0\n')) socket.write('DISCONNECT\nreceipt:bye\n\n\0')
  }
  assert.match(received, /^CONNECTED\n/)
  assert.match(received, /\n\nsecret\0\nRECEIPT\nreceipt-id:bye\n\n\0\n$/)
})
