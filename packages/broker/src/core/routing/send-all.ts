import type { MillraceError } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import type { Operation, Stored } from '../../store/store.ts'
import type { Broker } from '../broker.ts'
import type { Reply } from '../ports.ts'
import type { Enlisted } from '../target.ts'
import type { Route } from './routing.ts'

/** Sends all parts of a message as one unit: they are stored with one commit or not at all, and seen when that is safe. */
export function sendAll(broker: Broker, message: Message, routes: readonly Route[], reply: Reply): void {
  const [first] = routes
  if (first !== undefined && routes.length === 1) {
    first.message.storedAs = null
    first.target.send(first.message, reply)
    return
  }
  const operations: Operation[] = []
  const enlisted = routes.map(({ target, message }) => target.enlist(message, operations))
  commitAll(broker, message, enlisted, operations, reply)
}

/** The same for what has been enlisted; `message`: what is known again if it was refused. */
export function commitAll(
  broker: Broker,
  message: Message,
  enlisted: readonly Enlisted[],
  operations: readonly Operation[],
  reply: Reply,
): void {
  for (const one of enlisted) one.committing(false)
  const unit = new Unit(broker, message, enlisted, operations, reply)
  if (operations.length === 0) unit.stored(null)
  else broker.store.commit(operations, unit)
}

class Unit implements Stored {
  readonly #broker: Broker
  readonly #message: Message
  readonly #enlisted: readonly Enlisted[]
  readonly #reply: Reply
  #storingBytes = 0

  constructor(
    broker: Broker,
    message: Message,
    enlisted: readonly Enlisted[],
    operations: readonly Operation[],
    reply: Reply,
  ) {
    this.#broker = broker
    this.#message = message
    this.#enlisted = enlisted
    this.#reply = reply
    const messages = new Set<Message>()
    for (const operation of operations) if (operation.kind === 'add') messages.add(operation.message)
    for (const message of messages) this.#storingBytes += message.sizeBytes
    broker.usage.storing(this.#storingBytes)
  }

  get awaited(): boolean {
    return this.#reply.errorsOnly !== true
  }

  stored(error: MillraceError | null): void {
    this.#broker.usage.stored(this.#storingBytes)
    if (error !== null) this.#broker.refusals.note(this.#message)
    // As with a plain send: the answer before the message is seen.
    this.#reply.done(error)
    for (const one of this.#enlisted) {
      if (error === null) one.committed()
      else one.rolledBack()
    }
  }
}
