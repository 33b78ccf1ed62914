import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  connectionIdOf,
  connectionIdText,
  consumerIdText,
  MessageId,
  messageIdText,
  parseConsumerId,
  parseMessageId,
  parseProducerId,
  parseSessionId,
  parseTransactionId,
  producerIdText,
  sessionIdText,
  transactionIdText,
  XATransactionId,
} from '../src/index.ts'

const CONNECTION = 'ID:mill-40001-1700000000000-1:1'

it('turns ids into text and back', () => {
  assert.equal(connectionIdText(connectionIdOf(CONNECTION)), CONNECTION)
  const session = parseSessionId(`${CONNECTION}:-1`)
  assert(session !== null)
  assert.equal(session.connectionId, CONNECTION)
  assert.equal(session.value, -1)
  assert.equal(sessionIdText(session), `${CONNECTION}:-1`)
  const consumer = parseConsumerId(`${CONNECTION}:2:3`)
  assert(consumer !== null)
  assert.deepEqual([consumer.connectionId, consumer.sessionId, consumer.value], [CONNECTION, 2, 3])
  assert.equal(consumerIdText(consumer), `${CONNECTION}:2:3`)
  const producer = parseProducerId(`${CONNECTION}:2:3`)
  assert(producer !== null)
  assert.deepEqual([producer.connectionId, producer.sessionId, producer.value], [CONNECTION, 2, 3])
  assert.equal(producerIdText(producer), `${CONNECTION}:2:3`)
  const transaction = parseTransactionId(`TX:${CONNECTION}:9`)
  assert(transaction !== null)
  assert.equal(transaction.connectionId?.value, CONNECTION)
  assert.equal(transactionIdText(transaction), `TX:${CONNECTION}:9`)
})

it('keeps numbers beyond 2^53 exact', () => {
  const session = parseSessionId(`${CONNECTION}:9223372036854775807`)
  assert.equal(session?.value, 9223372036854775807n)
})

it('turns message ids into text and back, foreign ones as they are', () => {
  const id = parseMessageId(`${CONNECTION}:1:2:3`)
  assert.equal(id.textView, null)
  assert.equal(id.producerId?.connectionId, CONNECTION)
  assert.equal(id.producerId?.sessionId, 1)
  assert.equal(id.producerId?.value, 2)
  assert.equal(id.producerSequenceId, 3)
  assert.equal(messageIdText(id), `${CONNECTION}:1:2:3`)
  assert.equal(messageIdText(parseMessageId('ID:foreign')), 'ID:foreign')
  assert.equal(messageIdText(parseMessageId('my own')), 'ID:my own')
  assert.equal(messageIdText(new MessageId()), ':0')
})

it('gives null for a text that is no such id', () => {
  for (const text of ['', ':', 'x', '1:2', ':1:2', 'a:b:1', 'a:1:', 'a:1:x', 'a::1', 'a:1:99999999999999999999']) {
    assert.equal(parseConsumerId(text), null, text)
  }
  assert.equal(parseTransactionId('XID:[1,globalId=1,branchId=2]'), null)
})

it('prints an XA id the way Java does', () => {
  const xid = new XATransactionId()
  xid.formatId = 7
  xid.globalTransactionId = Buffer.from([1, 0x7f, 0x80, 0xff])
  xid.branchQualifier = Buffer.from([0])
  assert.equal(transactionIdText(xid), 'XID:[7,globalId=17fffffff80ffffffff,branchId=0]')
})
