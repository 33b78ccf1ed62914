import type { Destination } from '../destination.ts'
import type { MessageInput } from '../messages/values.ts'
import type { MessageProducer } from '../producer.ts'
import type { SendOptions } from '../send.ts'
import type { Session } from '../session.ts'
import type { WaitOptions } from '../wait.ts'
import { type BodyCodec, jsonCodec, marked } from './codec.ts'

/** `Properties` is what the program says that its properties are. */
export interface TypedSendOptions<Properties extends object = { readonly [name: string]: MessageInput }>
  extends Omit<SendOptions, 'destination'> {
  properties?: Properties
  correlationID?: string
  replyTo?: Destination
  /** JMSType. */
  type?: string
  /** JMSXGroupID. */
  groupID?: string
}

/** Sends values of one type to one destination. */
export class TypedProducer<Body, Properties extends object = { readonly [name: string]: MessageInput }>
  implements AsyncDisposable
{
  /** For what is not here. */
  readonly producer: MessageProducer
  readonly #session: Session
  readonly #codec: BodyCodec<Body>

  /** Use `typedProducer`. */
  constructor(session: Session, producer: MessageProducer, codec: BodyCodec<Body>) {
    this.#session = session
    this.producer = producer
    this.#codec = codec
  }

  /** Settles as `MessageProducer.send` does; rejects with what the codec throws, and then nothing is sent. */
  async send(body: Body, options: TypedSendOptions<Properties> = {}): Promise<void> {
    const { properties, correlationID, replyTo, type, groupID, ...send } = options
    const message = marked(this.#codec.encode(body, this.#session), this.#codec.contentType)
    for (const [name, value] of Object.entries(properties ?? {})) message.setObjectProperty(name, value as MessageInput)
    if (correlationID !== undefined) message.jmsCorrelationID = correlationID
    if (replyTo !== undefined) message.jmsReplyTo = replyTo
    if (type !== undefined) message.jmsType = type
    if (groupID !== undefined) message.setStringProperty('JMSXGroupID', groupID)
    await this.producer.send(message, send)
  }

  close(): Promise<void> {
    return this.producer.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A producer of what the destination is of: `typedProducer(session, session.createQueue<Order>('ORDERS'))`. JSON. */
export async function typedProducer<Body, Properties extends object = { readonly [name: string]: MessageInput }>(
  session: Session,
  destination: Destination<Body>,
  codec: BodyCodec<Body> = jsonCodec<Body>(),
  wait: WaitOptions = {},
): Promise<TypedProducer<Body, Properties>> {
  return new TypedProducer(session, await session.createProducer(destination, wait), codec)
}
