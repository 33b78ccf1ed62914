import type { ConsumerControl, ConsumerId, MessageDispatch, ProducerId } from '@millrace/openwire'
import type { JMSError } from './errors.ts'

/** A consumer as the connection sees it: where dispatches go. */
export interface DispatchTarget {
  dispatch(dispatch: MessageDispatch): void
  control(control: ConsumerControl): void
  /** The link broke: what came over it and is not settled comes again. */
  interrupted(): void
  /** Another link is there. */
  resumed(): void
  /** The transport is gone. */
  failed(error: JMSError): void
}

/** A producer as the connection sees it. */
export interface WindowHolder {
  windowFreed(bytes: number): void
  /** The link broke. */
  windowReset(): void
}

const SESSION_FACTOR = 2 ** 26

/** Whom a consumer or producer id means; by session and own number in one exact number, so that no text is needed. */
export class Routes<T> {
  readonly #byKey = new Map<number, T>()

  add(id: ConsumerId | ProducerId, value: T): void {
    this.#byKey.set(keyOf(id), value)
  }

  remove(id: ConsumerId | ProducerId): void {
    this.#byKey.delete(keyOf(id))
  }

  find(id: ConsumerId | ProducerId | null): T | undefined {
    return id === null ? undefined : this.#byKey.get(keyOf(id))
  }

  all(): T[] {
    return [...this.#byKey.values()]
  }
}

function keyOf(id: ConsumerId | ProducerId): number {
  return Number(id.sessionId) * SESSION_FACTOR + Number(id.value)
}
