import assert from 'node:assert/strict'
import { recognise } from '../../src/net/recognition.ts'
import { OpenWireProtocol } from '../../src/protocol/openwire/protocol.ts'
import { StompProtocol } from '../../src/protocol/stomp/protocol.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '../net/certificate.ts'
import { TlsGate } from '../../src/net/tls.ts'
import { type Chance, pieces } from './chance.ts'
import { firstBytes } from './first-bytes.ts'
import type { FuzzBroker } from './fuzz-broker.ts'
import { FuzzSocket, rounds } from './fuzz-socket.ts'
import type { FuzzTarget } from './target.ts'
import { connectorOf } from './web-connector.ts'

const PROTOCOLS = [new OpenWireProtocol(), new StompProtocol()]
const CONNECTOR = connectorOf('auto', PROTOCOLS, new TlsGate({ key: TEST_KEY, cert: TEST_CERTIFICATE }, 'none'), false)

/** Peers at a time. */
const PEERS = 100
/** Of so many bytes each beginning is looked at. */
const PREFIXES_MAX = 80

/** Beginnings of every protocol to a port that takes all. An input is what one peer says first. */
export const firstBytesTarget: FuzzTarget = {
  name: 'first-bytes',
  title: 'first bytes of any protocol, or of none,',
  batch: async (world, chance, inputs) => {
    for (let done = 0; done < inputs; done += PEERS) {
      const sockets: FuzzSocket[] = []
      for (let i = 0; i < Math.min(PEERS, inputs - done); i++) sockets.push(visit(world, chance))
      await rounds(6)
      if (chance.oneIn(4)) world.pass(chance.of([1000, 11_000, 31_000]))
      for (const socket of sockets) {
        if (chance.oneIn(2)) socket.leave()
        else socket.destroy()
      }
      // Who was refused in words, or cut in the middle of something, goes a few rounds later.
      for (let left = 1000; world.connections.count > 0; left--) {
        if (left < 900) world.pass(6_000)
        assert.ok(left > 0, `${world.connections.count} connections of peers that are gone`)
        await rounds(1)
      }
    }
    return inputs
  },
}

function visit(world: FuzzBroker, chance: Chance): FuzzSocket {
  const bytes = firstBytes(chance)
  checkPrefixes(bytes)
  const socket = new FuzzSocket()
  world.connections.accept(socket.asSocket, CONNECTOR)
  for (const piece of pieces(bytes, chance)) socket.speak(Buffer.from(piece))
  return socket
}

/** However the bytes are cut, the same is found, and what was found once is not changed by what comes behind. */
function checkPrefixes(bytes: Buffer): void {
  const last = recognise(bytes, PROTOCOLS)
  for (let length = 0; length <= Math.min(bytes.length, PREFIXES_MAX); length++) {
    const found = recognise(bytes.subarray(0, length), PROTOCOLS)
    if (found === undefined) continue
    assert.equal(last?.kind, found.kind, `${bytes.toString('latin1')}: ${length} bytes of it are ${found.kind}`)
    return
  }
  if (bytes.length <= PREFIXES_MAX) assert.equal(last, undefined)
}
