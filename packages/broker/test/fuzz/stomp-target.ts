import { type Chance, pieces } from './chance.ts'
import type { FuzzBroker, FuzzLink } from './fuzz-broker.ts'
import { StompScript } from './stomp-script.ts'
import type { FuzzTarget } from './target.ts'

/** Peers at a time. */
const PEERS = 4

interface Peer {
  readonly link: FuzzLink
  readonly script: StompScript
  framesLeft: number
}

/** STOMP frames, right and wrong, to real conversations. An input is a frame. */
export const stompTarget: FuzzTarget = {
  name: 'stomp',
  title: 'STOMP frames, right and wrong,',
  batch: async (world, chance, inputs) => {
    const peers: Peer[] = []
    let said = 0
    while (said < inputs) {
      if (peers.length < PEERS) {
        const peer = { link: world.link(), script: new StompScript(chance), framesLeft: 1 + chance.length(40) }
        peers.push(peer)
        peer.link.deaf = chance.oneIn(20)
        speak(world, chance, peer.link, peer.script.connect())
        said++
      }
      const at = chance.below(peers.length)
      const peer = peers[at] as Peer
      const { link, script } = peer
      script.heard(link.heard())
      if (link.closed || peer.framesLeft-- === 0) {
        link.destroy()
        peers.splice(at, 1)
        continue
      }
      speak(world, chance, link, script.next())
      said++
      if (chance.oneIn(20)) link.take()
      if (chance.oneIn(200)) world.pass(chance.of([100, 600, 5000, 40_000]))
    }
    for (const { link } of peers) link.destroy()
    world.run()
    return said
  },
}

function speak(world: FuzzBroker, chance: Chance, link: FuzzLink, bytes: Buffer): void {
  // Buffers of sockets are used again.
  for (const piece of pieces(bytes, chance)) world.say(link, Buffer.from(piece))
}
