import type { Buffer } from 'node:buffer'
import type { Long } from '@millrace/base'
import {
  ConnectionId,
  ConsumerId,
  DataType,
  LocalTransactionId,
  MessageId,
  ProducerId,
  SessionId,
  type TransactionId,
} from './structures.ts'

// Ids as text, the way Java prints them. They are read from the right, because host names may hold anything; a text that
// is no such id gives null.

export function connectionIdText(id: ConnectionId): string {
  return id.value ?? ''
}

/** `connectionId:value` */
export function sessionIdText(id: SessionId): string {
  return `${id.connectionId}:${id.value}`
}

/** `connectionId:sessionId:value` */
export function consumerIdText(id: ConsumerId): string {
  return `${id.connectionId}:${id.sessionId}:${id.value}`
}

/** `connectionId:sessionId:value` */
export function producerIdText(id: ProducerId): string {
  return `${id.connectionId}:${id.sessionId}:${id.value}`
}

/** The JMSMessageID: `producerId:producerSequenceId`, or the id of another protocol with `ID:` before it. */
export function messageIdText(id: MessageId): string {
  if (id.textView !== null) return id.textView.startsWith('ID:') ? id.textView : `ID:${id.textView}`
  const producer = id.producerId === null ? '' : producerIdText(id.producerId)
  return `${producer}:${id.producerSequenceId}`
}

/** `TX:connectionId:value`, or `XID:[formatId,globalId=hex,branchId=hex]`. */
export function transactionIdText(id: TransactionId): string {
  if (id.dataType === DataType.LocalTransactionId) return `TX:${id.connectionId?.value ?? ''}:${id.value}`
  return `XID:[${id.formatId},globalId=${javaHex(id.globalTransactionId)},branchId=${javaHex(id.branchQualifier)}]`
}

export function connectionIdOf(value: string): ConnectionId {
  const id = new ConnectionId()
  id.value = value
  return id
}

export function parseSessionId(text: string): SessionId | null {
  const parts = split(text, 1)
  if (parts === null) return null
  const id = new SessionId()
  id.connectionId = parts.connectionId
  id.value = parts.numbers[0] as Long
  return id
}

export function parseConsumerId(text: string): ConsumerId | null {
  const parts = split(text, 2)
  if (parts === null) return null
  const id = new ConsumerId()
  id.connectionId = parts.connectionId
  id.sessionId = parts.numbers[0] as Long
  id.value = parts.numbers[1] as Long
  return id
}

export function parseProducerId(text: string): ProducerId | null {
  const parts = split(text, 2)
  if (parts === null) return null
  const id = new ProducerId()
  id.connectionId = parts.connectionId
  id.sessionId = parts.numbers[0] as Long
  id.value = parts.numbers[1] as Long
  return id
}

/** What does not come from an OpenWire producer is kept as `textView`, so this never fails. */
export function parseMessageId(text: string): MessageId {
  const id = new MessageId()
  const parts = split(text, 3)
  if (parts === null) {
    id.textView = text
    return id
  }
  const producerId = new ProducerId()
  producerId.connectionId = parts.connectionId
  producerId.sessionId = parts.numbers[0] as Long
  producerId.value = parts.numbers[1] as Long
  id.producerId = producerId
  id.producerSequenceId = parts.numbers[2] as Long
  return id
}

/** Only local ones: the text of an XA id does not tell its bytes. */
export function parseTransactionId(text: string): LocalTransactionId | null {
  const parts = text.startsWith('TX:') ? split(text.slice(3), 1) : null
  if (parts === null) return null
  const id = new LocalTransactionId()
  id.connectionId = connectionIdOf(parts.connectionId)
  id.value = parts.numbers[0] as Long
  return id
}

/** Takes `count` numbers off the end. */
function split(text: string, count: number): { connectionId: string; numbers: Long[] } | null {
  const numbers: Long[] = []
  let end = text.length
  for (let i = 0; i < count; i++) {
    const colon = text.lastIndexOf(':', end - 1)
    if (colon < 0 || end === 0) return null
    const digits = text.slice(colon + 1, end)
    if (!/^-?\d{1,19}$/.test(digits)) return null
    const value = Number(digits)
    numbers.unshift(Number.isSafeInteger(value) ? value : BigInt.asIntN(64, BigInt(digits)))
    end = colon
  }
  return end === 0 ? null : { connectionId: text.slice(0, end), numbers }
}

/** Each byte without leading zero, negative ones with the sign carried on to eight digits. */
function javaHex(bytes: Buffer | null): string {
  let text = ''
  for (const byte of bytes ?? []) text += (byte > 127 ? 0xffffff00 + byte : byte).toString(16)
  return text
}
