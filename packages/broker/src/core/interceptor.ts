import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Connection } from './connection.ts'
import type { Entry } from './entry.ts'
import type { Producer } from './producer.ts'
import type { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'

/**
 * Looks at what is about to happen and may refuse it by throwing a MillraceError (NOT_AUTHORIZED, say), which the peer
 * gets as the answer. Every hook is optional; absent ones cost nothing. Hooks run in the order of the list.
 */
export interface Interceptor {
  connecting?(connection: Connection): void
  /** A producer for this destination is made; `null`: it will say with each message. */
  producing?(producer: Producer, destination: Destination | null): void
  consuming?(subscription: Subscription): void
  /**
   * May change headers. A composite is seen whole; `message.destination` says where it goes, `message.brokerInTime` when
   * it came.
   */
  sending?(producer: Producer, message: Message): void
  acknowledged?(subscription: Subscription, entry: Entry): void
  /**
   * Nothing of a queue, or of the backlog of a durable subscription, is left: neither waiting nor with a consumer nor in
   * the store. Comes in the middle of what emptied it, so this one only looks.
   */
  emptied?(queue: Queue): void
}

type Hook<K extends keyof Interceptor> = NonNullable<Interceptor[K]>

/** One list per hook, so that a hook nobody has is an empty list. */
export class Interceptors {
  readonly connecting: readonly Hook<'connecting'>[]
  readonly producing: readonly Hook<'producing'>[]
  readonly consuming: readonly Hook<'consuming'>[]
  readonly sending: readonly Hook<'sending'>[]
  readonly acknowledged: readonly Hook<'acknowledged'>[]
  readonly emptied: readonly Hook<'emptied'>[]

  constructor(list: readonly Interceptor[]) {
    this.connecting = hooks(list, 'connecting')
    this.producing = hooks(list, 'producing')
    this.consuming = hooks(list, 'consuming')
    this.sending = hooks(list, 'sending')
    this.acknowledged = hooks(list, 'acknowledged')
    this.emptied = hooks(list, 'emptied')
  }
}

function hooks<K extends keyof Interceptor>(list: readonly Interceptor[], name: K): Hook<K>[] {
  const found: Hook<K>[] = []
  for (const interceptor of list) {
    const hook = interceptor[name]
    if (hook !== undefined) found.push(hook.bind(interceptor) as Hook<K>)
  }
  return found
}
