import { assert, type MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Operation, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Route } from './destinations.ts'
import type { Reply } from './ports.ts'
import type { Enlisted } from './target.ts'

/**
 * One message for several destinations: all of them have it or none. Stored one by one, a crash between two of them
 * left a message that its producer sent again, was told that it had come before, and believed to be everywhere.
 */
export class CompositeSend implements Stored {
  readonly #broker: Broker
  readonly #reply: Reply
  readonly #enlisted: Enlisted[] = []
  #message: Message | null = null
  #storingBytes = 0
  #done = false

  constructor(broker: Broker, reply: Reply) {
    this.#broker = broker
    this.#reply = reply
  }

  send(message: Message, routes: readonly Route[]): void {
    this.#message = message
    const operations: Operation[] = []
    for (const { target, message: part } of routes) this.#enlisted.push(target.enlist(part, operations))
    for (const enlisted of this.#enlisted) enlisted.committing(false)
    if (operations.length === 0) {
      this.stored(null)
      return
    }
    this.#storingBytes = message.sizeBytes * routes.length
    this.#broker.usage.storing(this.#storingBytes)
    this.#broker.store.commit(operations, this)
  }

  stored(error: MillraceError | null): void {
    assert(!this.#done, 'a composite send is stored twice')
    this.#done = true
    if (this.#storingBytes > 0) this.#broker.usage.stored(this.#storingBytes)
    if (error !== null && this.#message !== null) this.#broker.refusals.note(this.#message)
    this.#reply.done(error)
    for (const enlisted of this.#enlisted) {
      if (error === null) enlisted.committed()
      else enlisted.rolledBack()
    }
  }
}
