import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ByteReader, ByteWriter, MillraceError } from '@millrace/base'
import {
  ActiveMQBytesMessage,
  ActiveMQQueue,
  ActiveMQTextMessage,
  BrokerId,
  ConnectionId,
  ConsumerInfo,
  ControlCommand,
  type DataStructure,
  DataArrayResponse,
  ExceptionResponse,
  MessageDispatch,
  ProducerAck,
  ProducerInfo,
  type Throwable,
  WireFormat,
  type WireFormatOptions,
} from '../src/index.ts'

function options(change: Partial<WireFormatOptions> = {}): WireFormatOptions {
  return {
    version: 12,
    tightEncodingEnabled: false,
    cacheEnabled: false,
    cacheSize: 0,
    stackTraceEnabled: false,
    sizePrefixDisabled: false,
    maxFrameSize: 1_000_000,
    ...change,
  }
}

function queue(name: string): ActiveMQQueue {
  const it = new ActiveMQQueue()
  it.physicalName = name
  return it
}

function producerInfo(name: string): ProducerInfo {
  const info = new ProducerInfo()
  info.destination = queue(name)
  return info
}

function bytesMessage(length: number): ActiveMQBytesMessage {
  const message = new ActiveMQBytesMessage()
  message.destination = queue('a')
  message.content = Buffer.alloc(length)
  return message
}

function hex(format: WireFormat, structure: DataStructure): string {
  const writer = new ByteWriter()
  format.marshal(structure, writer)
  return writer.take().toString('hex')
}

const MODES: Partial<WireFormatOptions>[] = [
  {},
  { tightEncodingEnabled: true },
  { cacheEnabled: true },
  { tightEncodingEnabled: true, cacheEnabled: true },
]

const hasCode = (code: string) => (error: unknown) => error instanceof MillraceError && error.code === code

it('leaves the writer and the cache as they were when a frame is too large', () => {
  for (const mode of MODES) {
    const format = new WireFormat(options({ ...mode, maxFrameSize: 1000 }))
    const untroubled = new WireFormat(options({ ...mode, maxFrameSize: 1000 }))
    const writer = new ByteWriter(16)
    format.marshal(producerInfo('first'), writer)
    const before = writer.view().toString('hex')
    assert.throws(() => format.marshal(bytesMessage(2000), writer), hasCode('MESSAGE_TOO_LARGE'))
    assert.equal(writer.view().toString('hex'), before)
    hex(untroubled, producerInfo('first'))
    // The queue `a` of the message that did not go out is new to the peer.
    assert.equal(hex(format, producerInfo('a')), hex(untroubled, producerInfo('a')))
  }
})

it('allows a frame of exactly the limit', () => {
  const size = hex(new WireFormat(options()), bytesMessage(10)).length / 2 - 4
  hex(new WireFormat(options({ maxFrameSize: size })), bytesMessage(10))
  assert.throws(() => hex(new WireFormat(options({ maxFrameSize: size - 1 })), bytesMessage(10)), MillraceError)
})

it('writes strings up to the limits of each encoding and refuses longer ones', () => {
  for (const [tightEncodingEnabled, longest] of [
    [false, 65_535],
    [true, 32_766],
  ] as const) {
    const format = new WireFormat(options({ tightEncodingEnabled }))
    const command = new ControlCommand()
    for (const text of ['a'.repeat(longest), 'é'.repeat(longest >> 1)]) {
      command.command = text
      const bytes = Buffer.from(hex(format, command), 'hex')
      assert.equal((format.unmarshal(new ByteReader(bytes, 4)) as ControlCommand).command, text)
    }
    command.command = 'a'.repeat(longest + 1)
    assert.throws(() => hex(format, command), hasCode('MESSAGE_TOO_LARGE'))
    const message = new ActiveMQTextMessage()
    message.destination = queue('q'.repeat(longest + 1))
    assert.throws(() => hex(format, message), hasCode('MESSAGE_TOO_LARGE'))
  }
})

it('refuses to write a structure that the agreed version does not know', () => {
  for (const tightEncodingEnabled of [false, true]) {
    const format = new WireFormat(options({ version: 2, tightEncodingEnabled }))
    assert.throws(() => hex(format, new ProducerAck()), hasCode('COMMAND_UNSUPPORTED'))
  }
})

it('cuts the text of an error rather than fail to send it', () => {
  for (const tightEncodingEnabled of [false, true]) {
    const response = new ExceptionResponse()
    response.exception = { className: 'x', message: '世'.repeat(70_000), stackTrace: null, cause: null }
    const format = new WireFormat(options({ tightEncodingEnabled }))
    const bytes = Buffer.from(hex(format, response), 'hex')
    const read = format.unmarshal(new ByteReader(bytes, 4)) as ExceptionResponse
    assert.match(String(read.exception?.message), /^世+\.\.\.$/)
  }
})

it('ends a ring of causes', () => {
  const ring: Throwable = { className: 'x', message: 'y', stackTrace: [], cause: null }
  ring.cause = ring
  const response = new ExceptionResponse()
  response.exception = ring
  for (const tightEncodingEnabled of [false, true]) {
    const format = new WireFormat(options({ tightEncodingEnabled, stackTraceEnabled: true }))
    const bytes = Buffer.from(hex(format, response), 'hex')
    let depth = 0
    const read = format.unmarshal(new ByteReader(bytes, 4)) as ExceptionResponse
    for (let it = read.exception; it !== null; it = it.cause) depth++
    assert(depth > 10 && depth < 32)
  }
})

it('gives content and properties as views of the frame, and everything else as copies', () => {
  const message = bytesMessage(10)
  message.marshalledProperties = Buffer.from('00000000', 'hex')
  const format = new WireFormat(options())
  const writer = new ByteWriter()
  format.marshal(message, writer)
  const bytes = writer.take()
  const read = format.unmarshal(new ByteReader(bytes, 4)) as ActiveMQBytesMessage
  bytes.fill(0xee)
  assert.equal(read.content?.toString('hex'), 'ee'.repeat(10))
  assert.equal(read.marshalledProperties?.toString('hex'), 'eeeeeeee')
  assert.equal((read.destination as ActiveMQQueue).physicalName, 'a')
})

it('writes into a buffer that has to grow anywhere within a frame', () => {
  const message = new ActiveMQTextMessage()
  message.destination = queue('d'.repeat(100))
  message.content = Buffer.alloc(100, 'c')
  message.correlationId = 'correlation'
  const dispatch = new MessageDispatch()
  dispatch.message = message
  dispatch.destination = queue('é'.repeat(50))
  for (const mode of MODES) {
    const expected = hex(new WireFormat(options(mode)), dispatch)
    for (let size = 1; size < 300; size++) {
      const writer = new ByteWriter(size)
      new WireFormat(options(mode)).marshal(dispatch, writer)
      assert.equal(writer.take().toString('hex'), expected)
    }
  }
})

it('survives a frame with more cached values than the cache has slots', () => {
  for (const tightEncodingEnabled of [false, true]) {
    for (const cacheSize of [1, 50, 100, 112]) {
      const change = { tightEncodingEnabled, cacheEnabled: true, cacheSize }
      const writing = new WireFormat(options(change))
      const reading = new WireFormat(options(change))
      for (let round = 0; round < 5; round++) {
        const response = new DataArrayResponse()
        response.data = Array.from({ length: 150 }, (_, i) => producerInfo(`q${(round * 70 + i) % 400}`))
        const bytes = Buffer.from(hex(writing, response), 'hex')
        const read = reading.unmarshal(new ByteReader(bytes, 4)) as DataArrayResponse
        assert.deepEqual(read, response)
      }
    }
  }
})

it('takes ids of other kinds with the same text for different ones', () => {
  const writing = new WireFormat(options({ cacheEnabled: true }))
  const reading = new WireFormat(options({ cacheEnabled: true }))
  const connectionId = new ConnectionId()
  connectionId.value = 'same'
  const brokerId = new BrokerId()
  brokerId.value = 'same'
  const consumer = new ConsumerInfo()
  consumer.brokerPath = [brokerId]
  consumer.destination = queue('same')
  for (const structure of [consumer, consumer]) {
    const bytes = Buffer.from(hex(writing, structure), 'hex')
    assert.deepEqual(reading.unmarshal(new ByteReader(bytes, 4)), structure)
  }
})
