import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ByteReader, ByteWriter, ProtocolError } from '@millrace/base'
import { initialFormat, negotiate, WireFormatInfo, wireFormatInfo, wireFormatProperties } from '../src/index.ts'
import { type Fields, fixture, fromFields } from './fixtures.ts'

interface Options {
  version: number
  stackTraceEnabled: boolean
  cacheEnabled: boolean
  tcpNoDelayEnabled: boolean
  tightEncodingEnabled: boolean
  sizePrefixDisabled: boolean
  cacheSize: number
  maxInactivityDuration: string
  maxInactivityDurationInitalDelay: string
  maxFrameSize: string
}

interface Side {
  hex: string
  fields: Fields
  options: Options
}

interface NegotiationVector {
  name: string
  client: Side
  broker: Side
  agreed: Omit<Options, 'maxInactivityDuration' | 'maxInactivityDurationInitalDelay'>
}

function infoOf(side: Side): WireFormatInfo {
  const bytes = Buffer.from(side.hex, 'hex')
  const info = initialFormat().unmarshal(new ByteReader(bytes, 4))
  assert(info instanceof WireFormatInfo)
  return info
}

const exact = (text: string): number => Math.min(Number(text), Number.MAX_SAFE_INTEGER)

const { vectors } = fixture<{ vectors: NegotiationVector[] }>('negotiation.json')

it('reads and writes the recorded offers', () => {
  for (const { client, broker } of vectors) {
    for (const side of [client, broker]) {
      const properties = wireFormatProperties(infoOf(side))
      const { options } = side
      assert.equal(infoOf(side).version, options.version)
      assert.equal(properties.stackTraceEnabled, options.stackTraceEnabled)
      assert.equal(properties.cacheEnabled, options.cacheEnabled)
      assert.equal(properties.cacheSize, options.cacheSize)
      assert.equal(properties.tcpNoDelayEnabled, options.tcpNoDelayEnabled)
      assert.equal(properties.tightEncodingEnabled, options.tightEncodingEnabled)
      assert.equal(properties.sizePrefixDisabled, options.sizePrefixDisabled)
      assert.equal(properties.maxInactivityDuration, exact(options.maxInactivityDuration))
      assert.equal(properties.maxInactivityDurationInitialDelay, exact(options.maxInactivityDurationInitalDelay))
      assert.equal(properties.maxFrameSize, exact(options.maxFrameSize))
      const writer = new ByteWriter()
      initialFormat().marshal(fromFields(side.fields, 1), writer)
      assert.equal(writer.take().toString('hex'), side.hex)
    }
  }
})

it('comes to the recorded outcomes, on both sides', () => {
  for (const { name, client, broker, agreed } of vectors) {
    for (const [local, remote] of [
      [client, broker],
      [broker, client],
    ] as const) {
      const outcome = negotiate(infoOf(local), infoOf(remote))
      assert.equal(outcome.version, agreed.version, name)
      assert.equal(outcome.stackTraceEnabled, agreed.stackTraceEnabled, name)
      assert.equal(outcome.cacheEnabled, agreed.cacheEnabled, name)
      assert.equal(outcome.tcpNoDelayEnabled, agreed.tcpNoDelayEnabled, name)
      assert.equal(outcome.tightEncodingEnabled, agreed.tightEncodingEnabled, name)
      assert.equal(outcome.sizePrefixDisabled, agreed.sizePrefixDisabled, name)
      if (agreed.cacheEnabled) assert.equal(outcome.cacheSize, agreed.cacheSize, name)
      // No size prefix can say more.
      assert.equal(outcome.maxFrameSize, Math.min(Number(agreed.maxFrameSize), 2 ** 31 - 1), name)
      assert.equal(
        outcome.maxInactivityDuration,
        Math.min(Number(client.options.maxInactivityDuration), Number(broker.options.maxInactivityDuration)),
      )
    }
  }
})

it('makes an offer that says what was asked for', () => {
  const properties = wireFormatProperties(
    wireFormatInfo({ tightEncodingEnabled: true, cacheEnabled: true, cacheSize: 512, host: 'example.com' }),
  )
  assert.deepEqual(properties, {
    tightEncodingEnabled: true,
    cacheEnabled: true,
    cacheSize: 512,
    sizePrefixDisabled: false,
    stackTraceEnabled: true,
    tcpNoDelayEnabled: true,
    maxInactivityDuration: 30_000,
    maxInactivityDurationInitialDelay: 10_000,
    maxFrameSize: 104_857_600,
    host: 'example.com',
    providerName: 'Millrace',
    providerVersion: null,
    platformDetails: 'Node.js',
  })
})

it('takes 12 when the peer offers more, and the lower one otherwise', () => {
  const remote = wireFormatInfo()
  remote.version = 99
  assert.equal(negotiate(wireFormatInfo(), remote).version, 12)
  remote.version = 3
  assert.equal(negotiate(wireFormatInfo(), remote).version, 3)
  remote.version = 0
  assert.equal(negotiate(wireFormatInfo({ version: 9 }), remote).version, 9)
})

it('understands an offer without properties', () => {
  const remote = wireFormatInfo()
  remote.marshalledProperties = null
  const agreed = negotiate(wireFormatInfo({ tightEncodingEnabled: true, cacheEnabled: true }), remote)
  assert.equal(agreed.tightEncodingEnabled, false)
  assert.equal(agreed.cacheEnabled, false)
  assert.equal(agreed.maxInactivityDuration, 0)
  assert.equal(agreed.maxFrameSize, 104_857_600)
})

it('refuses another magic and damaged properties', () => {
  const remote = wireFormatInfo()
  remote.magic = Buffer.from('ActiveMX')
  assert.throws(() => negotiate(wireFormatInfo(), remote), { name: 'ProtocolError', code: 'NEGOTIATION_FAILED' })
  const damaged = wireFormatInfo()
  damaged.marshalledProperties = Buffer.from('0000000500', 'hex')
  assert.throws(() => negotiate(wireFormatInfo(), damaged), ProtocolError)
})
