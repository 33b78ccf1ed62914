import {
  type ConsumerControl,
  ConsumerInfo,
  LastDelivered,
  type MessageAck,
  type MessageDispatch,
} from '@millrace/openwire'
import { AcknowledgeMode, Acknowledgement } from './acknowledgement.ts'
import type { Connection } from '../connection.ts'
import { applyOption, selectorOf } from './consumer-info.ts'
import { Delivery, type DeliveryOwner } from './delivery.ts'
import type { Queue, TemporaryQueue } from '../destination.ts'
import { AbortError, AlreadyClosedError, IllegalStateError, JMSError } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import { detach, receivedMessage } from '../messages/receive.ts'
import { removal } from '../removal.ts'
import type { DispatchTarget } from '../routes.ts'
import type { Session } from '../session.ts'

/** How a browser looks at a queue. */
export interface BrowseOptions {
  /** Ends the look: `next()` rejects with AbortError. */
  signal?: AbortSignal
  /** Messages at most. */
  limit?: number
}

/**
 * Looks at a queue (JMS QueueBrowser): `for await (const message of browser)`. Each loop is a fresh look, from the front
 * to what is there when the broker gets to its end. Nothing is taken, so nothing is acknowledged. The connection need
 * not be started. When the broker refuses the selector, the loop throws InvalidSelectorError.
 */
export class QueueBrowser implements AsyncIterable<Message>, AsyncDisposable {
  readonly queue: Queue | TemporaryQueue
  readonly messageSelector: string | undefined
  readonly #session: Session
  readonly #looks = new Set<Look>()
  #closed = false

  /** Use `session.createBrowser`. Throws what the factory's `checkSelector` throws. */
  constructor(session: Session, queue: Queue | TemporaryQueue, selector: string | undefined) {
    this.messageSelector = selectorOf(selector ?? null, session.connection.settings) ?? undefined
    this.queue = queue
    this.#session = session
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.messages()
  }

  async *messages(options: BrowseOptions = {}): AsyncGenerator<Message, void, undefined> {
    const { signal, limit = Infinity } = options
    if (this.#closed) throw new AlreadyClosedError('the browser is closed')
    this.#session.requireOpen()
    const look = new Look(this.#session, this.queue, this.messageSelector ?? null)
    this.#looks.add(look)
    const abort = (): void => look.end(new AbortError('browsing was aborted', { cause: signal?.reason }))
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    try {
      await look.open()
      for (let count = 0; count < limit; count++) {
        const message = await look.next()
        if (message === null) return
        yield message
      }
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#looks.delete(look)
      look.close()
    }
  }

  /** Ends looks that are under way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const look of this.#looks) look.end(null)
    await Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** One look: a consumer of its own at the broker, which ends with a dispatch without a message. */
class Look implements DispatchTarget, DeliveryOwner {
  readonly #connection: Connection
  readonly #info: ConsumerInfo
  readonly #acks: Acknowledgement
  readonly #found: Delivery[] = []
  #at = 0
  #complete = false
  #error: JMSError | null = null
  #wake: (() => void) | null = null
  #closed = false

  constructor(session: Session, queue: Queue | TemporaryQueue, selector: string | null) {
    const { connection } = session
    const { settings } = connection
    const info = new ConsumerInfo()
    info.consumerId = session.nextConsumerId()
    info.destination = queue.wire
    info.clientId = connection.clientID ?? null
    info.dispatchAsync = settings.dispatchAsync
    info.prefetchSize = settings.prefetchPolicy.queueBrowserPrefetch
    for (const [name, value] of queue.options) applyOption(info, name, value)
    if (info.prefetchSize === 0) throw new IllegalStateError('a browser needs a prefetch above 0')
    info.browser = true
    info.selector = selector ?? info.selector
    this.#connection = connection
    this.#info = info
    this.#acks = new Acknowledgement(
      {
        consumerId: info.consumerId,
        mode: AcknowledgeMode.AUTO,
        topic: false,
        browser: true,
        individualInTransaction: false,
        optimize: false,
        optimizeTimeoutMs: 0,
        clock: settings.clock,
        epoch: connection.epoch,
      },
      info.prefetchSize,
      {
        send: (ack) => this.#sendAck(ack),
        joinTransaction: () => session.transactions.begin(),
      },
    )
  }

  async open(): Promise<void> {
    const id = this.#info.consumerId
    if (id === null) return
    this.#connection.targets.add(id, this)
    await this.#connection.request(this.#info, 'browsing')
  }

  /** null: the end. */
  async next(): Promise<Message | null> {
    while (this.#at === this.#found.length) {
      const failure = this.#error ?? this.#connection.failure
      if (failure !== null) throw failure
      if (this.#complete) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const delivery = this.#found[this.#at] as Delivery
    this.#at++
    if (this.#at === this.#found.length) {
      this.#found.length = 0
      this.#at = 0
    }
    const message = receivedMessage(delivery.wire, this.#connection.messageSettings)
    message.deliveredBy(delivery, delivery.redeliveries)
    // Moves the broker's window; a browsed message stays where it is.
    void this.#acks.consumed(delivery)
    return message
  }

  end(error: JMSError | null): void {
    this.#error ??= error
    this.#complete = true
    this.#wake?.()
  }

  close(): void {
    const id = this.#info.consumerId
    if (this.#closed || id === null) return
    this.#closed = true
    this.#connection.targets.remove(id)
    if (this.#connection.gone) return
    this.#connection.oneWay(removal(id, LastDelivered.None))
  }

  dispatch(dispatch: MessageDispatch): void {
    const { message } = dispatch
    if (message === null) this.#complete = true
    else {
      detach(message)
      this.#found.push(new Delivery(this, message, dispatch.destination, dispatch.redeliveryCounter, this.#acks.epoch))
    }
    this.#wake?.()
  }

  control(control: ConsumerControl): void {
    if (control.close) this.end(null)
    else this.#acks.prefetch = control.prefetch
  }

  failed(error: JMSError): void {
    this.end(error)
  }

  /** Where it was is known to nobody any more: what has come is given out, then the look ends with an error. */
  interrupted(): void {
    this.#acks.interrupted(this.#connection.epoch)
    if (!this.#complete) this.end(new JMSError('the link to the broker broke while browsing', { code: 'INTERRUPTED' }))
  }

  resumed(): void {}

  /** Browsed messages are not taken, so there is nothing to acknowledge. */
  acknowledgeDelivery(): Promise<void> {
    return Promise.resolve()
  }

  settleDelivery(): Promise<void> {
    return Promise.reject(new IllegalStateError('a message that was only looked at cannot be given back or up'))
  }

  #sendAck(ack: MessageAck): null {
    if (!this.#connection.gone) this.#connection.oneWay(ack)
    return null
  }
}
