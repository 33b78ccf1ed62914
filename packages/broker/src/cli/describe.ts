import { BytesMessage, MapMessage, type Message, ObjectMessage, StreamMessage, TextMessage } from '@millrace/client'

/** A message as one JSON value: headers by their JMS names, then properties and body. */
export function describe(message: Message): Readonly<Record<string, unknown>> {
  const properties: Record<string, unknown> = {}
  for (const name of message.propertyNames)
    if (name !== 'JMSXDeliveryCount') properties[name] = message.getObjectProperty(name)
  return {
    JMSMessageID: message.jmsMessageID,
    JMSDestination: message.jmsDestination?.toString() ?? null,
    JMSTimestamp: message.jmsTimestamp,
    JMSDeliveryMode: message.jmsDeliveryMode,
    JMSPriority: message.jmsPriority,
    JMSExpiration: message.jmsExpiration,
    JMSRedelivered: message.jmsRedelivered,
    JMSXDeliveryCount: message.deliveryCount,
    JMSCorrelationID: message.jmsCorrelationID,
    JMSReplyTo: message.jmsReplyTo?.toString() ?? null,
    JMSType: message.jmsType,
    properties,
    ...body(message),
  }
}

function body(message: Message): { readonly type: string; readonly body: unknown } {
  if (message instanceof TextMessage) return { type: 'text', body: message.text }
  if (message instanceof BytesMessage) return { type: 'bytes', body: message.bytes }
  if (message instanceof MapMessage) return { type: 'map', body: new Map(message) }
  if (message instanceof StreamMessage) return { type: 'stream', body: [...message] }
  // Never opened: what is in it only Java could say, and it is not to be trusted.
  if (message instanceof ObjectMessage) return { type: 'object', body: null }
  return { type: 'message', body: null }
}

/** One line: a long too large for JavaScript becomes text, bytes become base64, a map an object. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(plain(value))}\n`
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, one]) => [String(name), plain(one)]))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

/** The body as it is printed: text and bytes as they are, everything else as JSON. */
export function printable(message: Message): string | Buffer {
  if (message instanceof TextMessage) return message.text ?? ''
  if (message instanceof BytesMessage) return message.bytes
  const { type, body: value } = body(message)
  return value === null ? `(${type} message)` : JSON.stringify(plain(value))
}
