import { DataType, type OpenWireMessage } from '@millrace/openwire'
import type { MessageValue } from './values.ts'

/** What a body can be read as, and the type that it then has. */
export interface BodyOf {
  /** Of a text message. */
  string: string
  /** Of a bytes message, or the serialised object of an object message. A copy. */
  bytes: Buffer
  /** Of a map message. */
  map: ReadonlyMap<string, MessageValue>
  /** Of a stream message: all its values from the front. JMS has no such reading. */
  list: MessageValue[]
  /** The URL of a blob message. */
  url: string
}

/** Names of the types that a body can be read as: `message.bodyAs(type)`. */
export type BodyType = keyof BodyOf

/** Whether a message of this kind has a body of this type, if it has one (JMS 3.1 §3.13). */
export function assignable(kind: OpenWireMessage['dataType'], type: BodyType): boolean {
  switch (kind) {
    case DataType.ActiveMQTextMessage:
      return type === 'string'
    case DataType.ActiveMQBytesMessage:
    case DataType.ActiveMQObjectMessage:
      return type === 'bytes'
    case DataType.ActiveMQMapMessage:
      return type === 'map'
    case DataType.ActiveMQStreamMessage:
      return type === 'list'
    case DataType.ActiveMQBlobMessage:
      return type === 'url'
    case DataType.ActiveMQMessage:
      return false
    default:
      return kind satisfies never
  }
}
