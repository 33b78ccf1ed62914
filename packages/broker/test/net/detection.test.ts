import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock, ProtocolError, silentLogger, Turn } from '@millrace/base'
import { initialFormat, wireFormatInfo } from '@millrace/openwire'
import { ByteWriter } from '@millrace/base'
import type { Broker } from '../../src/core/broker.ts'
import { type ConnectionHost, PeerConnection } from '../../src/net/connection.ts'
import type { Link, LinkOwner } from '../../src/net/link.ts'
import { outputDefaults } from '../../src/net/output.ts'
import { OpenWireProtocol } from '../../src/protocol/openwire/protocol.ts'
import type { Conversation, Output, Protocol } from '../../src/protocol/protocol.ts'

/** Speaks whatever begins with one letter, and says what it heard. */
class LetterProtocol implements Protocol, Conversation {
  readonly name: string
  heard = ''
  failure: Error | null = null
  gone = false
  opened = 0

  constructor(name: string) {
    this.name = name
  }

  claims(first: Buffer): boolean | undefined {
    if (first.length === 0) return undefined
    return first.toString('latin1').startsWith(this.name.slice(0, first.length))
      ? first.length >= this.name.length || undefined
      : false
  }

  open(_output: Output): Conversation {
    this.opened++
    return this
  }

  receive(chunk: Buffer): void {
    this.heard += chunk.toString('latin1')
    if (this.heard.includes('!')) throw new ProtocolError('FRAME_INVALID', 'that was rude')
    if (this.heard.includes('?')) throw new Error('ours')
  }

  failed(error: Error): void {
    this.failure = error
  }

  tick(): void {}
  drained(): void {}

  closed(): void {
    this.gone = true
  }
}

class DeafLink implements Link {
  ended = false
  destroyed = false
  open(_owner: LinkOwner): void {}
  send(): boolean {
    return true
  }
  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true
  }
  destroy(): void {
    this.destroyed = true
  }
}

function world(protocols: readonly Protocol[]): {
  connection: PeerConnection
  link: DeafLink
  clock: ManualClock
  mistakes: unknown[]
  endTurn(): void
} {
  const clock = new ManualClock()
  const ends: (() => void)[] = []
  const turn = new Turn((end) => ends.push(end))
  const mistakes: unknown[] = []
  const host: ConnectionHost = {
    broker: {} as Broker,
    turn,
    clock,
    log: silentLogger,
    output: outputDefaults,
    detectionMsMax: 30_000,
    mistake: (error) => mistakes.push(error),
  }
  const link = new DeafLink()
  const connector = { text: 'c', protocols, connectionsMax: 1 }
  const owner = { holds: () => false, gone: () => {} }
  const connection = new PeerConnection(link, { address: 'a', connector: 'c' }, connector, host, owner)
  connection.open(protocols, null)
  return { connection, link, clock, mistakes, endTurn: () => ends.splice(0).forEach((end) => end()) }
}

describe('which protocol is spoken', () => {
  test('one alone is opened at once and may speak first', () => {
    const only = new LetterProtocol('abc')
    world([only])
    assert.equal(only.opened, 1)
  })

  test('among several the first bytes decide, also when they come one by one, and none is lost', () => {
    const [one, two] = [new LetterProtocol('abc'), new LetterProtocol('abd')]
    const { connection } = world([one, two])
    for (const letter of 'abd and more') connection.received(Buffer.from(letter))
    assert.deepEqual([one.opened, two.opened, two.heard], [0, 1, 'abd and more'])
  })

  test('bytes that nobody claims, and a peer that says nothing, end the link', () => {
    const stranger = world([new LetterProtocol('abc'), new LetterProtocol('abd')])
    stranger.connection.received(Buffer.from('xyz'))
    stranger.endTurn()
    assert.equal(stranger.link.ended, true)
    const mute = world([new LetterProtocol('abc'), new LetterProtocol('abd')])
    mute.clock.advance(30_000)
    mute.connection.tick(mute.clock.monotonic())
    mute.endTurn()
    assert.equal(mute.link.ended, true)
    mute.clock.advance(5_000)
    mute.connection.tick(mute.clock.monotonic())
    assert.equal(mute.link.destroyed, true)
  })

  test('a WireFormatInfo is recognised from its type and magic, each prefix of it is not enough yet', () => {
    const protocol = new OpenWireProtocol()
    const writer = new ByteWriter()
    initialFormat().marshal(wireFormatInfo(), writer)
    const greeting = writer.take()
    for (let length = 0; length < 13; length++) assert.equal(protocol.claims(greeting.subarray(0, length)), undefined)
    assert.equal(protocol.claims(greeting.subarray(0, 13)), true)
    assert.equal(protocol.claims(Buffer.from('STOMP\n')), false)
  })
})

describe('whose mistake it is', () => {
  test("the peer's: its conversation says goodbye, nothing more is read, the link closes", () => {
    const rude = new LetterProtocol('abc')
    const { connection, link, mistakes, endTurn } = world([rude])
    connection.received(Buffer.from('abc!'))
    connection.received(Buffer.from('more'))
    endTurn()
    assert.equal((rude.failure as ProtocolError).code, 'FRAME_INVALID')
    assert.equal(rude.heard, 'abc!')
    assert.equal(link.ended, true)
    assert.deepEqual(mistakes, [])
    connection.gone(null)
    assert.equal(rude.gone, true)
  })

  test('ours: whoever runs the broker is told, for that is no way to go on', () => {
    const { connection, mistakes } = world([new LetterProtocol('abc')])
    connection.received(Buffer.from('abc?'))
    assert.deepEqual(mistakes.map(String), ['Error: ours'])
  })
})
