#!/usr/bin/env node
// Nanoseconds per frame to decode and encode what a broker handles most. Build first: npx tsc -b packages/openwire
//
//   node packages/openwire/scripts/bench.mjs [name part]

import { ByteWriter } from '@millrace/base'
import * as ow from '@millrace/openwire'

const CONNECTION = 'ID:producer-host-40001-1700000000000-1:1'
const only = process.argv[2] ?? ''

const set = (it, fields) => Object.assign(it, fields)
const producerId = (i) => set(new ow.ProducerId(), { connectionId: CONNECTION, value: 1 + (i % 3), sessionId: 1 })
const consumerId = (i) => set(new ow.ConsumerId(), { connectionId: CONNECTION, value: 1 + (i % 3), sessionId: 2 })
const queue = (i) => set(new ow.ActiveMQQueue(), { physicalName: `orders.new.${i % 3}` })

function messageId(i) {
  const fields = { producerId: producerId(i), producerSequenceId: i, brokerSequenceId: 1000 + i }
  return set(new ow.MessageId(), fields)
}

function textMessage(i, { properties = true } = {}) {
  return set(new ow.ActiveMQTextMessage(), {
    commandId: i,
    responseRequired: true,
    producerId: producerId(i),
    destination: queue(i),
    messageId: messageId(i),
    persistent: true,
    priority: 4,
    timestamp: 1_700_000_000_000 + i,
    brokerInTime: 1_700_000_000_001 + i,
    brokerOutTime: 1_700_000_000_002 + i,
    content: ow.encodeText('a text of a size that is neither large nor small, but somewhat in between'),
    marshalledProperties: properties ? Buffer.from('0000000100056f72646572050000002a', 'hex') : null,
  })
}

const dispatch = (i) =>
  set(new ow.MessageDispatch(), { consumerId: consumerId(i), destination: queue(i), message: textMessage(i) })

const ack = (i) =>
  set(new ow.MessageAck(), {
    commandId: i,
    destination: queue(i),
    consumerId: consumerId(i),
    ackType: 2,
    firstMessageId: messageId(i),
    lastMessageId: messageId(i),
    messageCount: 1,
  })

const response = (i) => set(new ow.Response(), { correlationId: i })

const modes = {
  'loose          ': { tightEncodingEnabled: false, cacheEnabled: false },
  'loose cached   ': { tightEncodingEnabled: false, cacheEnabled: true },
  'tight          ': { tightEncodingEnabled: true, cacheEnabled: false },
  'tight cached   ': { tightEncodingEnabled: true, cacheEnabled: true },
}

/** The same fields in another class. */
const messageAs = (Kind) => (i) => {
  const it = new Kind()
  return set(it, { ...textMessage(i), dataType: it.dataType })
}
const mixed = [
  ow.ActiveMQMessage,
  ow.ActiveMQBytesMessage,
  ow.ActiveMQMapMessage,
  ow.ActiveMQObjectMessage,
  ow.ActiveMQStreamMessage,
  ow.ActiveMQTextMessage,
].map(messageAs)

const consumerInfo = (i) =>
  set(new ow.ConsumerInfo(), { commandId: i, consumerId: consumerId(i), destination: queue(i), prefetchSize: 1000 })

// What comes last is read and written by routines that have then seen all kinds of messages.
const kinds = {
  ActiveMQBytesMessage: messageAs(ow.ActiveMQBytesMessage),
  MessageDispatch: dispatch,
  MessageAck: ack,
  Response: response,
  ConsumerInfo: consumerInfo,
  'all kinds of messages': (i) => mixed[i % mixed.length](i),
}
const FRAMES = 64

/** Of the processor's time, which what else runs on the machine disturbs less than the clock's. */
function best(rounds, work) {
  let ns = Infinity
  for (let round = 0; round < 40; round++) {
    const start = process.cpuUsage()
    for (let i = 0; i < rounds; i++) work()
    const { user, system } = process.cpuUsage(start)
    ns = Math.min(ns, ((user + system) * 1000) / rounds / FRAMES)
  }
  return ns
}

for (const [mode, change] of Object.entries(modes)) {
  for (const [kind, make] of Object.entries(kinds)) {
    if (!`${mode} ${kind}`.includes(only)) continue
    const options = {
      version: 12,
      cacheSize: 1024,
      stackTraceEnabled: true,
      sizePrefixDisabled: false,
      maxFrameSize: 1_000_000,
      ...change,
    }
    const structures = Array.from({ length: FRAMES }, (_, i) => make(i + 1))
    const writing = new ow.WireFormat(options)
    const writer = new ByteWriter(1_000_000)
    const encode = () => {
      writer.rewind()
      for (const structure of structures) writing.marshal(structure, writer)
    }
    encode()
    const first = Buffer.from(writer.take())
    encode()
    const chunk = Buffer.from(writer.take())
    const reader = new ow.FrameReader(new ow.WireFormat(options))
    let count = 0
    const to = { command: () => count++ }
    reader.receive(first, to)
    const encodeNs = best(60, encode)
    const decodeNs = best(60, () => reader.receive(chunk, to))
    const bytes = Math.round(chunk.length / FRAMES)
    console.log(
      `${mode} ${kind.padEnd(21)} ${String(bytes).padStart(4)} bytes  decode ${decodeNs.toFixed(0).padStart(5)} ns` +
        `  encode ${encodeNs.toFixed(0).padStart(5)} ns`,
    )
  }
}
