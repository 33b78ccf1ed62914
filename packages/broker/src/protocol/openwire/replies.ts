import type { MillraceError } from '@millrace/base'
import { PrepareResult } from '@millrace/openwire'
import type { PrepareReply, Reply } from '../../core/broker.ts'
import type { OpenWireProducer } from './sessions.ts'

/** How outcomes reach the peer. */
export interface Answers {
  /** Response or ExceptionResponse. */
  answer(commandId: number, error: MillraceError | null, xa: boolean): void
  /** IntegerResponse: the vote of a prepare. */
  vote(commandId: number, result: number): void
  /** ConnectionError. */
  complain(error: MillraceError, xa: boolean): void
  /** ProducerAck. */
  widen(producer: OpenWireProducer, sizeBytes: number): void
  /** One reply less is owed. */
  settled(): void
}

/** For a command that asked for a Response. */
export class RequestReply implements Reply {
  readonly #answers: Answers
  readonly #commandId: number
  readonly #xa: boolean

  constructor(answers: Answers, commandId: number, xa: boolean) {
    this.#answers = answers
    this.#commandId = commandId
    this.#xa = xa
  }

  done(error: MillraceError | null): void {
    this.#answers.answer(this.#commandId, error, this.#xa)
    this.#answers.settled()
  }
}

/** For commands that asked for nothing. One serves all of a conversation. */
export class OneWayReply implements Reply {
  readonly errorsOnly = true
  readonly #answers: Answers
  readonly #xa: boolean

  constructor(answers: Answers, xa: boolean) {
    this.#answers = answers
    this.#xa = xa
  }

  done(error: MillraceError | null): void {
    if (error !== null) this.#answers.complain(error, this.#xa)
    this.#answers.settled()
  }
}

/** For a message that asked for nothing, of a producer that counts its window: refused or not, the window opens again. */
export class WindowReply implements Reply {
  readonly #answers: Answers
  readonly #producer: OpenWireProducer
  readonly #sizeBytes: number

  constructor(answers: Answers, producer: OpenWireProducer, sizeBytes: number) {
    this.#answers = answers
    this.#producer = producer
    this.#sizeBytes = sizeBytes
  }

  done(error: MillraceError | null): void {
    if (error !== null) this.#answers.complain(error, false)
    this.#answers.widen(this.#producer, this.#sizeBytes)
    this.#answers.settled()
  }
}

const VOTES = { ok: PrepareResult.Ok, 'read-only': PrepareResult.ReadOnly } as const

/** For a prepare, which asks in any case. */
export class VoteReply implements PrepareReply {
  readonly #answers: Answers
  readonly #commandId: number

  constructor(answers: Answers, commandId: number) {
    this.#answers = answers
    this.#commandId = commandId
  }

  prepared(result: 'ok' | 'read-only'): void {
    this.#answers.vote(this.#commandId, VOTES[result])
    this.#answers.settled()
  }

  done(error: MillraceError | null): void {
    this.#answers.answer(this.#commandId, error, true)
    this.#answers.settled()
  }
}
