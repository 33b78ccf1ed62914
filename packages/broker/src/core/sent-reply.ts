import type { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Interceptor } from './interceptor.ts'
import type { Reply } from './ports.ts'
import type { Producer } from './producer.ts'

type Hook = NonNullable<Interceptor['sent']>

/** The answer to a send that interceptors want to hear of. Only made when there are such. */
export class SentReply implements Reply {
  readonly #hooks: readonly Hook[]
  readonly #producer: Producer
  readonly #message: Message
  readonly #reply: Reply

  constructor(hooks: readonly Hook[], producer: Producer, message: Message, reply: Reply) {
    this.#hooks = hooks
    this.#producer = producer
    this.#message = message
    this.#reply = reply
  }

  done(error: MillraceError | null): void {
    for (const hook of this.#hooks) hook(this.#producer, this.#message, error)
    this.#reply.done(error)
  }
}
