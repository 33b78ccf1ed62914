/** Sockets in the file system. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { RawClient } from '../protocol/raw-client.ts'
import { heard, started } from './sockets.ts'

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-unix-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'broker.sock')
}

const skip = process.platform === 'win32' ? 'sockets in the file system are of other systems' : false

test('every protocol comes in over a socket in the file system', { skip }, async (t) => {
  const path = place(t)
  const service = await started(t, { listen: [`unix://${path}`] })
  const openWire = new RawClient(connect({ path }), {})
  await openWire.greet()
  await openWire.introduce('local')
  const [connection] = [...service.broker.connections.values()]
  assert.equal(connection?.spec.peerAddress, `unix://${path}`)
  await openWire.leave()
  const stomp = connect({ path })
  const answer = heard(stomp)
  stomp.write('CONNECT\naccept-version:1.2\nhost:x\n\n\0')
  assert.match(String((await once(stomp, 'data'))[0]), /^CONNECTED\n/)
  stomp.end()
  await answer
  const socket = new WebSocket(`ws+unix://${path}:/`, 'openwire')
  assert.equal((await once(socket, 'message'))[1], true)
  socket.terminate()
})

test('the permissions of the socket are those that the address says', { skip }, async (t) => {
  for (const [option, mode] of [
    ['600', 0o600],
    ['0660', 0o660],
  ] as const) {
    const path = place(t)
    const service = await started(t, { listen: [`unix://${path}?mode=${option}`] })
    assert.equal(statSync(path).mode & 0o777, mode)
    await service.stop()
  }
})

test('a socket that a killed program left is taken over; one in use, and another file, are not', {
  skip,
}, async (t) => {
  const path = place(t)
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.send('listening'))`
  const script = join(path, '..', 'killed.cjs')
  writeFileSync(script, program)
  const child = fork(script, { stdio: 'ignore' })
  await once(child, 'message')
  await assert.rejects(started(t, { listen: [`unix://${path}`] }), { code: 'ADDRESS_IN_USE' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(statSync(path).isSocket())
  const service = await started(t, { listen: [`unix://${path}`] })
  await assert.rejects(started(t, { listen: [`unix://${path}`] }), { code: 'ADDRESS_IN_USE', message: /no socket/ })
  const client = new RawClient(connect({ path }), {})
  await client.greet()
  client.socket.destroy()
  await service.stop()

  const file = place(t)
  writeFileSync(file, 'somebody needs this')
  await assert.rejects(started(t, { listen: [`unix://${file}`] }), { code: 'ADDRESS_IN_USE' })
  assert.ok(statSync(file).isFile())
})
