import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter } from '@millrace/base'
import { initialFormat, wireFormatInfo } from '@millrace/openwire'
import { FOREIGN } from '../../src/net/foreign.ts'
import { DETECTION_BYTES_MAX, type Recognised, recognise } from '../../src/net/recognition.ts'
import { OpenWireProtocol } from '../../src/protocol/openwire/protocol.ts'
import { StompProtocol } from '../../src/protocol/stomp/protocol.ts'

/** Seen from build/test/net. */
const CONVERSATIONS = new URL('../../../../openwire/test/fixtures/vectors/conversations/', import.meta.url)

const openWire = new OpenWireProtocol()

function name(found: Recognised | undefined): string {
  if (found === undefined) return 'not enough'
  if (found.kind === 'protocol') return found.protocol.name
  return found.kind === 'foreign' ? found.foreign.name : found.kind
}

function of(bytes: Buffer): string {
  return name(recognise(bytes, [openWire]))
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function greeting(): Buffer {
  const writer = new ByteWriter()
  initialFormat().marshal(wireFormatInfo(), writer)
  return writer.take()
}

/** What begins a connection, and how many bytes of it must be there. */
const BEGINNINGS: readonly (readonly [string, Buffer, number])[] = [
  ['openwire', greeting(), 13],
  ['tls', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), 2],
  ['http', latin1('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 4],
  ['http', latin1('OPTIONS * HTTP/1.1\r\n\r\n'), 8],
  ['AMQP', latin1('AMQP\0\u0001\0\0'), 8],
  ['AMQP', latin1('AMQP\u0003\u0001\0\0'), 8],
  ['MQTT', latin1('\u0010\u000c\0\u0004MQTT\u0004\u0002\0<\0\0'), 9],
  ['MQTT', latin1('\u0010\u000e\0\u0006MQIsdp\u0003\u0002\0<\0\0'), 11],
  // A remaining length in four bytes.
  ['MQTT', latin1('\u0010\u00ff\u00ff\u00ff\u007f\0\u0004MQTT\u0005'), 12],
]

test('the first bytes say what is spoken, and every shorter beginning is not enough yet', () => {
  for (const [expected, bytes, needed] of BEGINNINGS) {
    for (let length = 0; length <= bytes.length; length++) {
      const seen = of(bytes.subarray(0, length))
      assert.equal(seen, length < needed ? 'not enough' : expected, `${expected}, ${length} bytes`)
    }
  }
})

test('what Java clients begin with is OpenWire', () => {
  let count = 0
  for (const file of readdirSync(CONVERSATIONS)) {
    const { frames } = JSON.parse(readFileSync(new URL(file, CONVERSATIONS), 'utf8')) as {
      frames: { link: number; from: string; hex?: string }[]
    }
    const seen = new Set<number>()
    for (const { link, from, hex } of frames) {
      if (from !== 'client' || hex === undefined || seen.has(link)) continue
      seen.add(link)
      assert.equal(of(Buffer.from(hex, 'hex')), 'openwire', file)
      count++
    }
  }
  assert.ok(count >= 20)
})

test('what nobody speaks is known as such within a few bytes', () => {
  for (const text of [
    'hello there, who is it',
    '\0\0\0\0\0\0\0\0\0\0',
    'SSH-2.0-x',
    '\u0010\u00ff\u00ff\u00ff\u00ff\u00ff',
  ]) {
    assert.equal(of(latin1(text)), 'unknown', text)
  }
  assert.equal(of(Buffer.alloc(DETECTION_BYTES_MAX + 1, 0x0a)), 'unknown')
})

test('whatever comes: it is decided within a few bytes, and more of it changes nothing', () => {
  const spoken = [openWire, new StompProtocol()]
  const beginning = fc.oneof(
    fc.constantFrom(...BEGINNINGS.map(([, bytes]) => bytes.subarray(0, 8)), latin1('\r\nCONNECT\n'), latin1('STOMP\n')),
    fc.constant(Buffer.alloc(0)),
  )
  fc.assert(
    fc.property(beginning, fc.nat(8), fc.uint8Array({ maxLength: 100 }), (known, cut, rest) => {
      const bytes = Buffer.concat([known.subarray(0, cut), rest])
      let decided = 'not enough'
      for (let length = 0; length <= bytes.length; length++) {
        const now = name(recognise(bytes.subarray(0, length), spoken))
        if (decided !== 'not enough') assert.equal(now, decided)
        decided = now
        if (length > DETECTION_BYTES_MAX) assert.notEqual(now, 'not enough')
      }
    }),
  )
})

test('no more than a few bytes are waited for, whatever a protocol says', () => {
  const patient = { name: 'patient', claims: () => undefined, open: () => assert.fail('nothing to open') }
  assert.equal(recognise(Buffer.alloc(DETECTION_BYTES_MAX, 0x0a), [patient]), undefined)
  assert.equal(name(recognise(Buffer.alloc(DETECTION_BYTES_MAX + 1, 0x0a), [patient])), 'unknown')
})

test('who speaks something else is told so in its own words', () => {
  const refusal = (text: string): string => {
    const foreign = FOREIGN.find((one) => one.claims(latin1(text)) === true)
    return foreign?.refusal(latin1(text)).toString('hex') ?? ''
  }
  // The header of a version that exists; CONNACK: unacceptable protocol version, in the form of 3.1.1 and of 5.0.
  assert.equal(refusal('AMQP\0\0\u0009\u0001'), '414d515000010000')
  // With SASL, too: that is none of the two headers that such a client understands.
  assert.equal(refusal('AMQP\u0003\u0001\0\0'), '414d515000010000')
  // Behind its own header: open, and close with an error.
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  const opened = `0000001802000000005310c00b01a108${hex('millrace')}`
  const error = `00531dc03002a314${hex('amqp:not-implemented')}a117${hex('AMQP is not spoken here')}`
  const closed = `0000004302000000005318c03601${error}`
  assert.equal(refusal('AMQP\0\u0001\0\0'), `414d515000010000${opened}${closed}`)
  assert.equal(refusal('\u0010\u000c\0\u0004MQTT\u0004\u0002\0<\0\0'), '20020001')
  assert.equal(refusal('\u0010\u000d\0\u0004MQTT\u0005\u0002\0<\0\0\0'), '2003008400')
})
