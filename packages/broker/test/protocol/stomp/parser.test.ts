import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@millrace/base'
import fc from 'fast-check'
import { Command } from '../../../src/protocol/stomp/command.ts'
import { type Frame } from '../../../src/protocol/stomp/frame.ts'
import type { HeaderName } from '../../../src/protocol/stomp/header-names.ts'
import { type FrameLimits, FrameParser } from '../../../src/protocol/stomp/parser.ts'
import { Version } from '../../../src/protocol/stomp/version.ts'

const LIMITS: FrameLimits = {
  commandBytesMax: 16,
  headerBytesMax: 64,
  headersMax: 8,
  bodyBytesMax: 1000,
  frameBytesMax: 1200,
}

interface Seen {
  readonly command: Command
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** Reads chunks with a fresh parser. Frames are copied, as whoever keeps one has to. */
function read(chunks: readonly (string | Buffer)[], version: Version = Version.V12, limits = LIMITS): Seen[] {
  const parser = new FrameParser(limits)
  parser.version = version
  const seen: Seen[] = []
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk)
    assert.equal(parser.receive(bytes, { frame: (one) => seen.push(copyOf(one)) }), bytes.length)
    // A chunk may be written over as soon as the call has returned.
    bytes.fill(0xee)
  }
  return seen
}

function copyOf(frame: Frame): Seen {
  const headers: [string, string][] = []
  for (let i = 0; i < frame.count; i++) headers.push([frame.nameAt(i), frame.valueAt(i)])
  return { command: frame.command, headers, body: frame.body.toString('latin1') }
}

function refusal(chunks: readonly (string | Buffer)[], version: Version = Version.V12, limits = LIMITS): ProtocolError {
  try {
    read(chunks, version, limits)
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error))
    return error
  }
  assert.fail('it was taken')
}

function singly(text: string | Buffer): Buffer[] {
  return [...Buffer.from(text)].map((byte) => Buffer.from([byte]))
}

const SEND = 'SEND\ndestination:/queue/a\ncontent-type:text/plain\n\nhello\0'
const SENT: Seen = {
  command: Command.Send,
  headers: [
    ['destination', '/queue/a'],
    ['content-type', 'text/plain'],
  ],
  body: 'hello',
}

test('a frame is its command, its headers in order, and its body', () => {
  assert.deepEqual(read([SEND]), [SENT])
})

test('every command of a client is known, and case matters', () => {
  const commands: [string, Command][] = [
    ['CONNECT', Command.Connect],
    ['STOMP', Command.Connect],
    ['SEND', Command.Send],
    ['SUBSCRIBE', Command.Subscribe],
    ['SUB', Command.Subscribe],
    ['UNSUBSCRIBE', Command.Unsubscribe],
    ['UNSUB', Command.Unsubscribe],
    ['ACK', Command.Ack],
    ['NACK', Command.Nack],
    ['BEGIN', Command.Begin],
    ['COMMIT', Command.Commit],
    ['ABORT', Command.Abort],
    ['DISCONNECT', Command.Disconnect],
  ]
  for (const [text, command] of commands) assert.equal(read([`${text}\n\n\0`])[0]?.command, command, text)
  for (const text of ['send', 'MESSAGE', 'RECEIPT', 'ERROR', 'CONNECTED', 'HELLO', ' SEND']) {
    assert.equal(refusal([`${text}\n\n\0`]).code, 'COMMAND_UNEXPECTED', text)
  }
})

test('every prefix of a frame is not enough yet, and the rest completes it', () => {
  for (const whole of [SEND, 'SEND\ncontent-length:5\ndestination:/queue/a\n\nhe\0lo\0', 'ACK\r\nid:1-2\r\n\r\n\0']) {
    const [expected] = read([whole])
    for (let cut = 0; cut < whole.length; cut++) {
      assert.deepEqual(read([whole.slice(0, cut)]), [], `${cut} bytes`)
      assert.deepEqual(read([whole.slice(0, cut), whole.slice(cut)]), [expected], `cut at ${cut}`)
    }
  }
})

test('frames come out the same byte by byte', () => {
  const stream = `\n\r\n${SEND}\n\n${SEND}SEND\ncontent-length:3\n\n\0\0\0\0\n${SEND}`
  const whole = read([stream])
  assert.equal(whole.length, 4)
  assert.deepEqual(read(singly(stream)), whole)
})

test('with a content-length a body has any bytes, without it ends at the NUL', () => {
  assert.equal(read(['SEND\ncontent-length:3\n\na\0b\0'])[0]?.body, 'a\0b')
  assert.equal(read(['SEND\ncontent-length:0\n\n\0'])[0]?.body, '')
  assert.equal(read(['SEND\n\n\0'])[0]?.body, '')
  assert.equal(refusal(['SEND\ncontent-length:3\n\nabcd\0']).code, 'FRAME_INVALID')
})

test('a content-length that is no number is refused', () => {
  for (const text of ['', '-1', '+1', '1.0', '0x1', 'many', '1 2', '99999999999999999999']) {
    assert.match(refusal([`SEND\ncontent-length:${text}\n\n`]).code, /^FRAME_(INVALID|TOO_LARGE)$/, text)
  }
})

test('lines end with CR LF in 1.0 and 1.2, and in 1.1 a CR is part of the value', () => {
  const frame = 'SEND\ndestination:a\r\n\n\0'
  assert.equal(read([frame], Version.V12)[0]?.headers[0]?.[1], 'a')
  assert.equal(read([frame], Version.V10)[0]?.headers[0]?.[1], 'a')
  assert.equal(read([frame], Version.V11)[0]?.headers[0]?.[1], 'a\r')
  assert.deepEqual(read(['SEND\r\ndestination:a\r\n\r\nx\0\r\n'])[0]?.headers, [['destination', 'a']])
})

test('blanks around a value are padding in 1.0, and part of it later', () => {
  const frame = 'SEND\ndestination: a \n\n\0'
  assert.equal(read([frame], Version.V10)[0]?.headers[0]?.[1], 'a')
  assert.equal(read([frame], Version.V11)[0]?.headers[0]?.[1], ' a ')
})

test('escapes are those of the version, in names and values', () => {
  const frame = 'SEND\na\\cb:x\\n\\c\\\\y\n\n\0'
  assert.deepEqual(read([frame], Version.V12)[0]?.headers, [['a:b', 'x\n:\\y']])
  assert.deepEqual(read([frame], Version.V11)[0]?.headers, [['a:b', 'x\n:\\y']])
  assert.deepEqual(read([frame], Version.V10)[0]?.headers, [['a\\cb', 'x\\n\\c\\\\y']])
  assert.equal(read(['SEND\na:x\\ry\n\n\0'], Version.V12)[0]?.headers[0]?.[1], 'x\ry')
  assert.equal(refusal(['SEND\na:x\\ry\n\n\0'], Version.V11).code, 'FRAME_INVALID')
  for (const wrong of ['\\t', '\\', '\\N', '\\\\\\']) {
    assert.equal(refusal([`SEND\na:x${wrong}\n\n\0`]).code, 'FRAME_INVALID', wrong)
  }
})

test('a connector can be lenient: unknown escapes stay as they are', () => {
  const parser = new FrameParser(LIMITS)
  parser.version = Version.V12
  parser.lenientEscapes = true
  const values: string[] = []
  parser.receive(Buffer.from('SEND\na:x\\ty\\c\\\n\n\0'), { frame: (frame) => values.push(frame.valueAt(0)) })
  assert.deepEqual(values, ['x\\ty:\\'])
})

test('of a header that is there twice the first counts', () => {
  const parser = new FrameParser(LIMITS)
  const seen: (string | null)[] = []
  const name: HeaderName = 'destination'
  parser.receive(Buffer.from('SEND\ndestination:a\ndestination:b\n\n\0'), { frame: (one) => seen.push(one.text(name)) })
  assert.deepEqual(seen, ['a'])
})

test('a value may be empty and may have colons; a header without name or colon is refused', () => {
  assert.deepEqual(read(['SEND\na:\nb:c:d\n\n\0'])[0]?.headers, [
    ['a', ''],
    ['b', 'c:d'],
  ])
  assert.equal(refusal(['SEND\n:x\n\n\0']).code, 'FRAME_INVALID')
  assert.equal(refusal(['SEND\nx\n\n\0']).code, 'FRAME_INVALID')
  assert.equal(refusal(['SEND\n\0']).code, 'FRAME_INVALID')
})

test('headers are UTF-8', () => {
  assert.deepEqual(read(['SEND\nküche:großer 😀\n\n\0'])[0]?.headers, [['küche', 'großer 😀']])
})

test('what passes a limit is refused, also before all of it has come', () => {
  const refused: [string, string][] = [
    ['the command', 'X'.repeat(40)],
    ['one header', `SEND\na:${'x'.repeat(100)}`],
    ['the headers', `SEND\n${'a:b\n'.repeat(9)}`],
    ['the announced body', 'SEND\ncontent-length:1001\n\n'],
    ['the body', `SEND\n\n${'x'.repeat(1001)}`],
    ['the frame', `SEND\n${`a:${'x'.repeat(60)}\n`.repeat(7)}\n${'x'.repeat(900)}`],
    ['the announced frame', `SEND\n${`a:${'x'.repeat(60)}\n`.repeat(7)}content-length:900\n\n`],
  ]
  for (const [what, text] of refused) {
    assert.equal(refusal([text]).code, 'FRAME_TOO_LARGE', what)
    assert.equal(refusal(singly(text)).code, 'FRAME_TOO_LARGE', `${what}, byte by byte`)
  }
})

test('exactly what the limits allow is taken', () => {
  assert.equal(read([`SEND\na:${'x'.repeat(62)}\n\n${'x'.repeat(1000)}\0`]).length, 1)
  assert.equal(read(singly(`SEND\r\na:${'x'.repeat(62)}\r\n\r\n${'x'.repeat(1000)}\0`)).length, 1)
  assert.equal(read([`SEND\ncontent-length:1000\n\n${'\0'.repeat(1000)}\0`]).length, 1)
  assert.equal(read([`SEND\n${'a:b\n'.repeat(8)}\n\0`])[0]?.headers.length, 8)
})

test('a parser that is told to halt takes no frame more, and goes on where it stopped', () => {
  const parser = new FrameParser(LIMITS)
  const seen: string[] = []
  const bytes = Buffer.from('SEND\n\none\0\nSEND\n\ntwo\0SEND\n\nthree\0')
  const receiver = {
    frame: (frame: Frame) => {
      seen.push(frame.body.toString())
      if (seen.length === 1) parser.halt()
    },
  }
  const taken = parser.receive(bytes, receiver)
  assert.deepEqual(seen, ['one'])
  assert.equal(parser.receive(bytes.subarray(taken), receiver), bytes.length - taken)
  assert.deepEqual(seen, ['one', 'two', 'three'])
})

// ---- Random frames, written by code that shares nothing with the parser

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((text) => !text.includes('\0') && text !== 'content-length')
const value = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'))
const frames = fc.array(
  fc.record({
    headers: fc.array(fc.tuple(name, value), { maxLength: 6 }),
    body: fc.uint8Array({ maxLength: 300 }),
    counted: fc.boolean(),
    beats: fc.nat(3),
  }),
  { minLength: 1, maxLength: 5 },
)

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll(':', '\\c')
}

test('random frames in random chunks come out as they went in', () => {
  const cuts = fc.array(fc.nat(2000), { maxLength: 20 })
  fc.assert(
    fc.property(frames, cuts, (sent, cutAt) => {
      const pieces: Buffer[] = []
      const expected: Seen[] = []
      for (const { headers, body, counted, beats } of sent) {
        const content = Buffer.from(counted ? body : body.map((byte) => (byte === 0 ? 1 : byte)))
        const lines = headers.map(([one, text]): [string, string] => [one, text])
        if (counted) lines.push(['content-length', `${content.length}`])
        const head = lines.map(([one, text]) => `${escape(one)}:${escape(text)}\n`).join('')
        pieces.push(Buffer.from(`SEND\n${head}\n`), content, Buffer.from(`\0${'\n'.repeat(beats)}`))
        expected.push({ command: Command.Send, headers: lines, body: content.toString('latin1') })
      }
      const stream = Buffer.concat(pieces)
      const chunks: Buffer[] = []
      let from = 0
      for (const cut of [...cutAt, stream.length].sort((one, other) => one - other)) {
        const to = Math.min(Math.max(cut, from), stream.length)
        chunks.push(stream.subarray(from, to))
        from = to
      }
      const limits = { ...LIMITS, headerBytesMax: 1000, frameBytesMax: 10_000 }
      assert.deepEqual(read(chunks, Version.V12, limits), expected)
    }),
    { numRuns: 300 },
  )
})

test('whatever comes, the parser gives frames or refuses, and nothing else', () => {
  const line = fc.constantFrom('SEND', 'ACK', 'a:b', 'content-length:3', '', '\0', ':', '\\', 'content-length:9x', 'x')
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string({ maxLength: 5 })), { maxLength: 20 }), fc.nat(2), (lines, kind) => {
      const text = lines.join('\n')
      const outcome = (chunks: readonly (string | Buffer)[]): unknown => {
        const parser = new FrameParser(LIMITS)
        parser.version = kind as Version
        const seen: Seen[] = []
        try {
          for (const chunk of chunks) parser.receive(Buffer.from(chunk), { frame: (one) => seen.push(copyOf(one)) })
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error))
          return [seen, error.code]
        }
        return [seen, null]
      }
      assert.deepEqual(outcome(singly(text)), outcome([text]))
    }),
    { numRuns: 1000 },
  )
})

test('heads that come again and again are read as if each was the first, from several peers at once', () => {
  const heads = [
    'SEND\na:1\n',
    'SEND\na:2\n',
    'SEND\na:1\nb:\\c\n',
    'SEND\r\na:1\r\n',
    'ACK\na:1\n',
    `SEND\na:${'x'.repeat(60)}\n`,
  ]
  const piece = fc.record({ peer: fc.nat(2), head: fc.nat(heads.length - 1), body: fc.nat(12), counted: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 20, maxLength: 60 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
      (pieces, cuts) => {
        const peers = [Version.V10, Version.V11, Version.V12].map((version) => {
          const parser = new FrameParser(LIMITS)
          parser.version = version
          return { version, parser, seen: [] as Seen[], wanted: [] as Seen[] }
        })
        for (const { peer: index, head, body, counted } of pieces) {
          const peer = peers[index]
          assert.ok(peer !== undefined)
          // Version 1.1 ends lines with LF alone.
          const start = heads[peer.version === Version.V11 && head === 3 ? 0 : head] ?? ''
          const text = `${start}${counted ? `content-length:${body}\n` : ''}\n${'b'.repeat(body)}\0`
          peer.wanted.push(...read([text], peer.version))
          for (let at = 0; at < text.length; ) {
            const cut = cuts.next().value
            const bytes = Buffer.from(text.slice(at, at + cut))
            peer.parser.receive(bytes, { frame: (one) => peer.seen.push(copyOf(one)) })
            bytes.fill(0xee)
            at += cut
          }
        }
        for (const { seen, wanted } of peers) assert.deepEqual(seen, wanted)
      },
    ),
    { numRuns: 300 },
  )
})
