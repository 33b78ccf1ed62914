import { MillraceError } from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import { madeMessage } from '../../message/made.ts'
import type { Message } from '../../message/message.ts'
import type { Broker } from '../broker.ts'
import type { Connection } from '../connection.ts'
import { expected } from '../expected.ts'
import { checkPermission } from '../permission.ts'
import type { Reply } from '../ports.ts'
import type { Producer } from '../producer.ts'
import { isManagement, MANAGEMENT_QUEUE } from './name.ts'
import { operate } from './operations.ts'
import { Request } from './request.ts'

/** Requests of one connection that are under way. */
const OPEN_MAX = 64

/**
 * Management by message: `{"operation": "purge", "destination": "queue://ORDERS.>"}` to `Millrace.Management`, with
 * JMSReplyTo, is answered there by one text message with the same correlation id (or the request's message id), an
 * object of JSON: `{"result": …}` or `{"error": {"code": …, "message": …}}`. A request is answered as sent when it is
 * taken; whether it could be done only the answer says.
 */
export class Management {
  readonly #broker: Broker
  readonly #producerId: string
  readonly #open = new WeakMap<Connection, number>()
  #sequence = 0

  constructor(broker: Broker) {
    this.#broker = broker
    this.#producerId = `${broker.id}:0:3`
  }

  /** Whether it is a request, which goes nowhere else. Throws NOT_AUTHORIZED, and LIMIT_REACHED for one too many. */
  takes(producer: Producer, message: Message, reply: Reply): boolean {
    const { replyTo } = message
    if (replyTo === null || !isManagement(message.destination)) return false
    const broker = this.#broker
    const { connection } = producer
    const request = requestOf(message)
    // Nobody has more done, or written, by this way than by others. Who consumes may ask for more time.
    if (!isOwnMatter(request)) checkPermission(broker, connection, 'write', MANAGEMENT_QUEUE)
    checkPermission(broker, connection, 'write', replyTo)
    const open = this.#open.get(connection) ?? 0
    if (open >= OPEN_MAX) {
      throw new MillraceError('LIMIT_REACHED', `${connection.id} has ${open} management requests under way`)
    }
    this.#open.set(connection, open + 1)
    const correlationId = message.correlationId ?? message.id
    // Not within the call that sends: it may end the connection that this came over.
    broker.turn.work({
      queued: false,
      run: () => {
        void this.#answer(connection, request).then((answer) => {
          this.#open.set(connection, (this.#open.get(connection) ?? 1) - 1)
          this.#send(replyTo, correlationId, answer)
        })
      },
    })
    reply.done(null)
    return true
  }

  /** Never rejects with what can be said to whoever asked. */
  async #answer(connection: Connection, request: Request | MillraceError): Promise<object> {
    try {
      if (request instanceof MillraceError) throw request
      return { result: await operate({ broker: this.#broker, connection, request }) }
    } catch (error) {
      return { error: said(expected(error)) }
    }
  }

  #send(to: Destination, correlationId: string, answer: object): void {
    const broker = this.#broker
    this.#sequence++
    // Memory that is full is when operators ask; only nobody may fill it with answers that he does not take.
    const waiting = broker.usage.memoryFull ? (broker.queue(to)?.count ?? 0) : 0
    if (waiting >= OPEN_MAX) return
    const content = { text: JSON.stringify(answer), correlationId }
    const message = madeMessage(to, this.#producerId, this.#sequence, content)
    message.timestamp = broker.nowMs()
    message.brokerInTime = message.timestamp
    try {
      broker.destinations.forSend(to).send(message, NOBODY)
    } catch (error) {
      // Whoever asked is gone.
      if (!(error instanceof MillraceError)) throw error
    }
  }
}

/** The message itself is the link's, and gone by the end of the turn. */
function requestOf(message: Message): Request | MillraceError {
  try {
    return Request.of(message)
  } catch (error) {
    return expected(error)
  }
}

function isOwnMatter(request: Request | MillraceError): boolean {
  return request instanceof Request && request.operation === 'extendLease'
}

function said({ code, message }: MillraceError): object {
  return { code, message }
}

const NOBODY: Reply = { done: () => {} }
