import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock, type MillraceError, Turn } from '@millrace/base'
import type { Link, LinkOwner } from '../../src/net/link.ts'
import { ConnectionOutput, type OutputOwner } from '../../src/net/output.ts'

/** A link that takes what it is told to take, and keeps what it was given the way a socket does: without copying. */
class StubbornLink implements Link {
  /** Takes chunks at once. */
  willing = true
  readonly taken: Buffer[] = []
  held: Buffer | null = null
  readonly calls: string[] = []

  open(_owner: LinkOwner): void {}

  send(chunk: Buffer): boolean {
    assert.equal(this.held, null, 'one piece at a time')
    if (this.willing) this.taken.push(Buffer.from(chunk))
    else this.held = chunk
    return this.willing
  }

  /** Lets go of what it holds. */
  release(output: ConnectionOutput): void {
    assert.ok(this.held)
    this.taken.push(Buffer.from(this.held))
    this.held = null
    output.taken()
  }

  pause(): void {
    this.calls.push('pause')
  }

  resume(): void {
    this.calls.push('resume')
  }

  end(): void {
    this.calls.push('end')
  }

  destroy(): void {
    this.calls.push('destroy')
  }

  get text(): string {
    return Buffer.concat(this.taken).toString('latin1')
  }
}

class World implements OutputOwner {
  readonly clock = new ManualClock()
  readonly link = new StubbornLink()
  readonly output: ConnectionOutput
  #end: (() => void)[] = []
  readonly turn = new Turn((end) => this.#end.push(end))
  drains = 0
  /** Codes. */
  readonly slow: string[] = []
  closings = 0

  constructor(settings = { blockedBytes: 100, blockedGrowthBytesMax: 1000, stalledMsMax: 60_000 }) {
    this.output = new ConnectionOutput(this.link, this.turn, this.clock, settings, this)
  }

  drained(): void {
    this.drains++
  }

  tooSlow(error: MillraceError): void {
    this.slow.push(error.code)
  }

  closing(): void {
    this.closings++
  }

  say(text: string): void {
    this.output.writer.bytes(Buffer.from(text, 'latin1'))
    this.output.touch()
  }

  endTurn(): void {
    for (const end of this.#end.splice(0)) end()
  }
}

describe('output', () => {
  test('what is written in a turn goes out in one piece at its end', () => {
    const world = new World()
    world.say('one ')
    world.say('two ')
    assert.equal(world.link.taken.length, 0)
    world.endTurn()
    assert.deepEqual(world.link.taken.map(String), ['one two '])
    world.say('three')
    world.endTurn()
    assert.equal(world.link.text, 'one two three')
  })

  test('bytes that the link still holds are never written over', () => {
    const world = new World()
    world.link.willing = false
    world.say('a'.repeat(50))
    world.endTurn()
    for (let i = 0; i < 5; i++) {
      world.say('b'.repeat(50))
      world.endTurn()
    }
    assert.equal(world.link.held?.toString(), 'a'.repeat(50))
    world.link.release(world.output)
    world.link.release(world.output)
    assert.equal(world.link.text, 'a'.repeat(50) + 'b'.repeat(250))
    assert.equal(world.link.held, null)
    world.link.willing = true
    world.say('c')
    world.endTurn()
    assert.ok(world.link.text.endsWith('bc'))
  })

  test('a large message goes in pieces, so that progress is seen', () => {
    const world = new World()
    world.say('x'.repeat(700_000))
    world.endTurn()
    assert.equal(world.link.text.length, 700_000)
    assert.equal(world.link.taken.length, 3)
  })

  test('a peer that does not take enough is blocked until it has', () => {
    const world = new World()
    world.link.willing = false
    world.say('x'.repeat(90))
    assert.equal(world.output.blocked, false)
    world.endTurn()
    world.say('y'.repeat(101))
    assert.equal(world.output.blocked, true)
    world.endTurn()
    assert.equal(world.drains, 0)
    world.link.release(world.output)
    assert.equal(world.output.blocked, false)
    assert.equal(world.drains, 1)
    world.link.release(world.output)
    assert.equal(world.drains, 1)
  })

  test('a burst that the link takes at once is followed by a drain all the same: consumers were stopped', () => {
    const world = new World()
    world.say('x'.repeat(500))
    assert.equal(world.output.blocked, true)
    world.endTurn()
    assert.equal(world.output.blocked, false)
    assert.equal(world.drains, 1)
  })

  test('a blocked peer that goes on asking is given up, one large message is not held against it', () => {
    const world = new World()
    world.link.willing = false
    world.say('x')
    world.endTurn()
    world.say('y'.repeat(50_000))
    world.endTurn()
    assert.deepEqual(world.slow, [])
    for (let i = 0; i < 10; i++) {
      world.say('z'.repeat(100))
      world.endTurn()
    }
    assert.deepEqual(world.slow, [])
    world.say('z')
    world.endTurn()
    assert.deepEqual(world.slow, ['PEER_TOO_SLOW'])
  })

  test('a peer that takes nothing for a minute is given up, one that takes a piece now and then is not', () => {
    const world = new World()
    world.link.willing = false
    world.say('x'.repeat(600_000))
    world.endTurn()
    for (let i = 0; i < 2; i++) {
      world.clock.advance(59_999)
      world.output.tick(world.clock.monotonic())
      assert.deepEqual(world.slow, [])
      world.link.release(world.output)
    }
    world.clock.advance(60_000)
    world.output.tick(world.clock.monotonic())
    assert.deepEqual(world.slow, ['PEER_TOO_SLOW'])
  })

  test('a close comes after everything that was written', () => {
    const world = new World()
    world.link.willing = false
    world.say('last words')
    world.output.close()
    world.say(', and some more')
    world.endTurn()
    assert.deepEqual(world.link.calls, [])
    world.link.willing = true
    world.link.release(world.output)
    assert.equal(world.link.text, 'last words, and some more')
    assert.deepEqual(world.link.calls, ['end'])
    assert.equal(world.closings, 1)
  })

  test('pauses are counted', () => {
    const world = new World()
    world.output.pause()
    world.output.pause()
    world.output.resume()
    assert.deepEqual(world.link.calls, ['pause'])
    world.output.resume()
    assert.deepEqual(world.link.calls, ['pause', 'resume'])
  })

  test('after the link is gone, what is written goes nowhere and costs nothing', () => {
    const world = new World()
    world.output.abandon()
    for (let i = 0; i < 100; i++) {
      world.say('x'.repeat(10_000))
      world.endTurn()
    }
    assert.equal(world.link.taken.length, 0)
    assert.ok(world.output.writer.buffer.length <= 65_536)
  })

  test('a buffer that had to grow is not kept', () => {
    const world = new World()
    world.say('x'.repeat(3_000_000))
    world.endTurn()
    assert.ok(world.output.writer.buffer.length <= 4096)
  })
})
