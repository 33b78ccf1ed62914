import type { MillraceError } from '@millrace/base'
import type { Reply } from '../../core/broker.ts'

/** How outcomes reach the peer. */
export interface Answers {
  /** RECEIPT. */
  confirm(receiptId: string): void
  /** ERROR; `receiptId` of the frame that failed, when it had one. */
  refuse(error: MillraceError, receiptId: string | null): void
  /** One reply less is owed. */
  settled(): void
}

/** For a frame that asked for a RECEIPT. */
export class ReceiptReply implements Reply {
  readonly #answers: Answers
  readonly #receiptId: string

  constructor(answers: Answers, receiptId: string) {
    this.#answers = answers
    this.#receiptId = receiptId
  }

  done(error: MillraceError | null): void {
    if (error === null) this.#answers.confirm(this.#receiptId)
    else this.#answers.refuse(error, this.#receiptId)
    this.#answers.settled()
  }
}

/** For frames that asked for nothing. One serves all of a conversation. */
export class SilentReply implements Reply {
  readonly errorsOnly = true
  readonly #answers: Answers

  constructor(answers: Answers) {
    this.#answers = answers
  }

  done(error: MillraceError | null): void {
    if (error !== null) this.#answers.refuse(error, null)
    this.#answers.settled()
  }
}
