import { DataType, type OpenWireMessage } from '@millrace/openwire'
import { BlobMessage } from './blob-message.ts'
import { BytesMessage } from './bytes-message.ts'
import { MapMessage } from './map-message.ts'
import { Message, type MessageSettings } from './message.ts'
import { ObjectMessage } from './object-message.ts'
import { StreamMessage } from './stream-message.ts'
import { TextMessage } from './text-message.ts'

/** The message of this API for what came over the wire. It leaves the wire message as it is. */
export function receivedMessage(wire: OpenWireMessage, settings: MessageSettings): Message {
  switch (wire.dataType) {
    case DataType.ActiveMQTextMessage:
      return new TextMessage(wire, settings, true)
    case DataType.ActiveMQBytesMessage:
      return new BytesMessage(wire, settings, true)
    case DataType.ActiveMQMapMessage:
      return new MapMessage(wire, settings, true)
    case DataType.ActiveMQStreamMessage:
      return new StreamMessage(wire, settings, true)
    case DataType.ActiveMQObjectMessage:
      return new ObjectMessage(wire, settings, true)
    case DataType.ActiveMQBlobMessage:
      return new BlobMessage(wire, settings, true)
    case DataType.ActiveMQMessage:
      return new Message(wire, settings, true)
    default:
      return wire satisfies never
  }
}

/**
 * Copies body and properties out of the chunk that they are views of: a message waits for its consumer longer than the
 * chunk should live.
 */
export function detach(wire: OpenWireMessage): void {
  const { content, marshalledProperties } = wire
  if (content !== null) wire.content = Buffer.from(content)
  if (marshalledProperties !== null) wire.marshalledProperties = Buffer.from(marshalledProperties)
}
