import { type Primitive, PrimitiveTag, type SelectorSubject, TRUE_PRIMITIVE, FALSE_PRIMITIVE } from '@millrace/base'
import type { Message } from './message.ts'
import { property } from './properties.ts'

/** A message as selectors see it: headers by their JMS names, then the properties. One object looks at many messages. */
export class MessageSubject implements SelectorSubject {
  #message: Message | null = null
  #redeliveries = 0

  of(message: Message, redeliveries: number): this {
    this.#message = message
    this.#redeliveries = redeliveries
    return this
  }

  property(name: string): Primitive | null {
    const message = this.#message
    if (message === null) return null
    // All names of headers begin so; nearly all names of properties do not.
    return name.startsWith('JMS') ? this.#header(message, name) : property(message, name)
  }

  #header(message: Message, name: string): Primitive | null {
    switch (name) {
      case 'JMSDestination':
        return text((message.originalDestination ?? message.destination).text)
      case 'JMSReplyTo':
        return text(message.replyTo?.text ?? null)
      case 'JMSType':
        return text(message.type)
      case 'JMSDeliveryMode':
        return text(message.persistent ? 'PERSISTENT' : 'NON_PERSISTENT')
      case 'JMSPriority':
        return int(message.priority)
      case 'JMSMessageID':
        return text(message.id)
      case 'JMSTimestamp':
        return long(message.timestamp)
      case 'JMSCorrelationID':
        return text(message.correlationId)
      case 'JMSExpiration':
        return long(message.expiration)
      case 'JMSRedelivered':
        return this.#redeliveries > 0 ? TRUE_PRIMITIVE : FALSE_PRIMITIVE
      case 'JMSXDeliveryCount':
        return int(this.#redeliveries + 1)
      case 'JMSXGroupID':
        return text(message.groupId)
      case 'JMSXGroupSeq':
        return int(message.groupSequence)
      case 'JMSXUserID':
        return text(message.userId)
      case 'JMSXProducerTXID':
        return text(message.transactionId)
      case 'JMSActiveMQBrokerInTime':
        return long(message.brokerInTime)
      default:
        return property(message, name)
    }
  }
}

function text(value: string | null): Primitive | null {
  return value === null ? null : { tag: PrimitiveTag.String, value }
}

function int(value: number): Primitive {
  return { tag: PrimitiveTag.Int, value }
}

function long(value: number): Primitive {
  return { tag: PrimitiveTag.Long, value: BigInt(Math.trunc(value)) }
}
