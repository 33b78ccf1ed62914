import type { Linked } from '@millrace/base'
import type { OpenWireMessage } from '@millrace/openwire'
import type { Connection } from './connection.ts'
import type { Destination } from './destination.ts'
import { AbortError, type JMSError, localError, remoteError, RequestTimedOutError } from './errors.ts'
import type { DeliveryMode, Message } from './messages/message.ts'
import { isFailure, type Pending, type Reply } from './reply.ts'
import type { Session, WaitingWrite } from './session.ts'
import type { WaitOptions } from './wait.ts'

/** For one send; what is absent is as the producer says. */
export interface SendOptions extends WaitOptions {
  /** Instead of the producer's. */
  deliveryMode?: DeliveryMode
  /** 0 to 9. */
  priority?: number
  /** ms until the message is dead; 0: never. */
  timeToLive?: number
  /** ms until the broker delivers it, if it schedules; 0: now. */
  deliveryDelay?: number
  /** Only on an anonymous producer. */
  destination?: Destination
  /** true: ask for the broker's reply; false: one-way; absent: as the connection's options say. */
  confirm?: boolean
  /**
   * Called when the send is settled, in the order of the calls. Asks for the broker's reply, without `sendTimeout`. A
   * failure goes here and does not reject the promise, unless the call itself was wrong.
   */
  onComplete?: (message: Message, error?: JMSError) => void
}

/** A producer as its sends see it. */
export interface Sender {
  readonly connection: Connection
  readonly session: Session
  /** The producer window has room. */
  readonly hasWindow: boolean
  useWindow(bytes: number): void
  /** For the statistics. */
  sendFailed(): void
  /** Changes what `bufferedAmount` says. */
  buffered(bytes: number): void
  /** One more is answered: those at the front of the line are settled. */
  settle(): void
  /** One left the line without an answer. */
  abandon(send: Send): void
  complete(callback: NonNullable<SendOptions['onComplete']>, message: Message, error: JMSError | undefined): void
}

/** One send that has to wait: for room, for the broker's answer, or both. */
export class Send implements Pending, Linked<Send> {
  previous: Send | null = null
  next: Send | null = null
  /** Ends the watch of time and signal. */
  end: (() => void) | null = null
  /** What comes of it is known; it is settled when all before it are. */
  answered = false
  written = false
  readonly #producer: Sender
  readonly #wire: OpenWireMessage
  readonly #size: number
  readonly #confirmed: boolean
  readonly #message: Message
  readonly #onComplete: SendOptions['onComplete']
  readonly #resolve: () => void
  readonly #reject: (error: JMSError) => void
  #waiting: WaitingSend | null = null
  #commandId = 0
  #error: JMSError | null = null
  /** The call itself was wrong: the promise rejects, whatever callback there is. */
  #refused = false
  #settled = false
  #watcher: (() => void) | null = null

  /**
   * `wire`: nobody changes it any more. `size`: bytes, as the producer window counts. `message`: the caller's own, for the
   * callback.
   */
  constructor(
    producer: Sender,
    wire: OpenWireMessage,
    size: number,
    confirmed: boolean,
    message: Message,
    onComplete: SendOptions['onComplete'],
    resolve: () => void,
    reject: (error: JMSError) => void,
  ) {
    this.#producer = producer
    this.#wire = wire
    this.#size = size
    this.#confirmed = confirmed
    this.#message = message
    this.#onComplete = onComplete
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Gets in line behind what the session has waiting. */
  wait(): void {
    const { connection, session } = this.#producer
    this.#waiting = new WaitingSend(this)
    connection.room.waits(this.#size)
    session.submit(this.#waiting)
  }

  ready(): boolean {
    return this.#producer.hasWindow && (!this.#confirmed || this.#producer.connection.room.free)
  }

  write(): void {
    const { connection } = this.#producer
    this.written = true
    this.#leaveLine()
    try {
      if (this.#confirmed) {
        this.#commandId = connection.ask(this.#wire, this)
        connection.room.departs(this.#size)
      } else {
        connection.oneWay(this.#wire)
        this.#producer.useWindow(this.#size)
        connection.accepted(this.#wire).then(
          () => this.#answer(null),
          (error: unknown) => this.#answer(localError(error)),
        )
      }
    } catch (error) {
      // It was not taken, so it waits for nobody: those before it may wait for a link.
      this.#refused = true
      this.answered = true
      this.#error = localError(error)
      this.#producer.abandon(this)
    }
  }

  cancelled(error: JMSError): void {
    this.#leaveLine()
    this.#answer(error)
  }

  replied(reply: Reply): void {
    const failure = isFailure(reply) ? remoteError(reply.exception, 'the broker refused the message') : null
    this.#answer(failure)
    this.#producer.connection.room.answered(this.#size)
  }

  failed(error: JMSError): void {
    this.#answer(error)
    this.#producer.connection.room.answered(this.#size)
  }

  giveUp(error: JMSError): void {
    if (this.answered) return
    const { connection, session } = this.#producer
    this.answered = true
    this.#error = error
    if (this.#waiting !== null) {
      // It never left, so there is no doubt about it.
      this.#error = certain(error)
      session.withdraw(this.#waiting)
      this.#leaveLine()
    } else if (this.#commandId > 0) {
      connection.forget(this.#commandId)
      connection.room.answered(this.#size)
    }
    this.#producer.abandon(this)
  }

  whenSettled(watcher: () => void): void {
    const before = this.#watcher
    this.#watcher = () => {
      before?.()
      watcher()
    }
  }

  settle(): void {
    if (this.#settled) return
    this.#settled = true
    this.end?.()
    this.#producer.buffered(-this.#size)
    const error = this.#error
    if (error !== null) this.#producer.sendFailed()
    if (this.#onComplete !== undefined && !this.#refused) {
      this.#producer.complete(this.#onComplete, this.#message, error ?? undefined)
      this.#resolve()
    } else if (error === null) this.#resolve()
    else this.#reject(error)
    this.#watcher?.()
  }

  #leaveLine(): void {
    if (this.#waiting === null) return
    this.#waiting = null
    this.#producer.connection.room.waitsNoLonger(this.#size)
  }

  #answer(error: JMSError | null): void {
    if (this.answered) return
    this.answered = true
    this.#error = error
    this.#producer.settle()
  }
}

/** A send's place among what its session has waiting. */
class WaitingSend implements WaitingWrite {
  previous: WaitingWrite | null = null
  next: WaitingWrite | null = null
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  ready(): boolean {
    return this.#send.ready()
  }

  write(): void {
    this.#send.write()
  }

  cancelled(error: JMSError): void {
    this.#send.cancelled(error)
  }
}

/** The same error about something that certainly did not happen. */
function certain(error: JMSError): JMSError {
  const options = { cause: error.cause, code: error.code, outcome: undefined }
  if (error instanceof AbortError) return new AbortError(error.message, options)
  if (error instanceof RequestTimedOutError) return new RequestTimedOutError(error.message, options)
  return error
}
