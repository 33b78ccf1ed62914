import assert from 'node:assert/strict'
import { OpenWireProtocol } from '../../src/protocol/openwire/protocol.ts'
import { StompProtocol } from '../../src/protocol/stomp/protocol.ts'
import { Opcode, upgradeRequest, webSocketFrame } from '../net/web-socket-frames.ts'
import { type Chance, damaged, pieces } from './chance.ts'
import type { FuzzBroker } from './fuzz-broker.ts'
import { FuzzSocket, rounds } from './fuzz-socket.ts'
import { StompScript } from './stomp-script.ts'
import type { FuzzTarget } from './target.ts'
import { connectorOf } from './web-connector.ts'

const PROTOCOLS = [new OpenWireProtocol(), new StompProtocol()]
const CONNECTORS = [connectorOf('ws', PROTOCOLS, null, true), connectorOf('auto', PROTOCOLS, null, false)]

/** Peers at a time. */
const PEERS = 40

/** Frames of WebSockets with STOMP in them, both right and wrong. An input is a frame of either. */
export const webSocketTarget: FuzzTarget = {
  name: 'web-socket',
  title: 'WebSockets, with STOMP in them or with rubbish,',
  batch: async (world, chance, inputs) => {
    let said = 0
    while (said < inputs) {
      const peers = Array.from({ length: PEERS }, () => new WebPeer(world, chance))
      await rounds(3)
      while (said < inputs && peers.some((peer) => !peer.over)) {
        for (const peer of peers) said += peer.speak()
        await rounds(2)
        if (chance.oneIn(50)) world.pass(chance.of([600, 11_000, 31_000]))
      }
      for (const { socket } of peers) {
        if (chance.oneIn(2)) socket.leave()
        else socket.destroy()
      }
      for (let left = 1000; world.connections.count > 0; left--) {
        if (left < 900) world.pass(6_000)
        assert.ok(left > 0, `${world.connections.count} connections of peers that are gone`)
        await rounds(1)
      }
    }
    return said
  },
}

class WebPeer {
  readonly socket = new FuzzSocket()
  readonly #script: StompScript
  readonly #chance: Chance
  #framesLeft: number
  #connected = false

  constructor(world: FuzzBroker, chance: Chance) {
    this.#chance = chance
    this.#script = new StompScript(chance)
    this.#framesLeft = 1 + chance.length(60)
    world.connections.accept(this.socket.asSocket, chance.of(CONNECTORS))
    const request = Buffer.from(upgradeRequest(chance.of([null, 'v12.stomp', 'v12.stomp', 'v11.stomp', 'openwire'])))
    this.#put(chance.oneIn(15) ? damaged(request, chance) : request)
  }

  get over(): boolean {
    return this.#framesLeft <= 0 || this.socket.gone
  }

  /** Says a frame, mostly, and says how many they were. */
  speak(): number {
    if (this.over) return 0
    this.#framesLeft--
    const { socket } = this
    this.#script.heard(socket.said)
    socket.said = ''
    const chance = this.#chance
    if (this.#connected && chance.oneIn(12)) this.#put(this.#odd())
    else this.#put(this.#carrying(this.#connected ? this.#script.next() : this.#script.connect()))
    this.#connected = true
    return 1
  }

  /** STOMP, in one frame or in several; what is in a frame need not be a frame of STOMP. */
  #carrying(bytes: Buffer): Buffer {
    const chance = this.#chance
    const opcode = chance.oneIn(3) ? Opcode.Text : Opcode.Binary
    if (!chance.oneIn(4)) return webSocketFrame(bytes, { opcode })
    const parts = pieces(bytes, chance)
    const whole = chance.oneIn(2)
    return Buffer.concat(
      parts.map((part, i) => {
        if (whole) return webSocketFrame(part, { opcode })
        return webSocketFrame(part, { opcode: i === 0 ? opcode : Opcode.Continuation, fin: i === parts.length - 1 })
      }),
    )
  }

  /** What WebSockets know besides, and what they do not. */
  #odd(): Buffer {
    const chance = this.#chance
    const payload = chance.bytes(chance.length(130))
    switch (chance.below(8)) {
      case 0:
      case 1:
        return webSocketFrame(payload.subarray(0, 125), { opcode: chance.of([Opcode.Ping, Opcode.Pong]) })
      case 2:
        return webSocketFrame(payload, { opcode: Opcode.Close })
      case 3:
        return webSocketFrame(payload, { opcode: chance.below(16), fin: chance.oneIn(2) })
      case 4:
        return webSocketFrame(payload, { opcode: Opcode.Text, reserved: 1 + chance.below(7) })
      case 5:
        return webSocketFrame(payload, { opcode: Opcode.Binary, masked: false })
      case 6:
        return webSocketFrame(payload, {
          opcode: Opcode.Binary,
          length: chance.of([0, 125, 126, 65_535, 65_536, 2 ** 40, 2 ** 53]),
        })
      default:
        return damaged(webSocketFrame(payload, { opcode: Opcode.Binary }), chance)
    }
  }

  #put(bytes: Buffer): void {
    for (const piece of pieces(bytes, this.#chance)) this.socket.speak(Buffer.from(piece))
  }
}
