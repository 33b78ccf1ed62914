import { MillraceError } from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import type { Policy } from '../policy.ts'

/** Above this part of it, stored messages are hardly kept in memory any more; as for the memory of the broker. */
const WINDOW_SHARE = 0.7

/** What one destination may have in memory. A message is charged to the first destination with a limit that takes it. */
export class Allowance {
  bytes = 0
  /** Infinite: it had a limit once. */
  bytesMax: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Null: it shares what the broker has. */
  static of(policy: Policy): Allowance | null {
    return policy.memoryLimit > 0 ? new Allowance(policy.memoryLimit) : null
  }

  /** The policy says something else: what is in memory stays charged. */
  static changed(allowance: Allowance | null, policy: Policy): Allowance | null {
    if (allowance === null) return Allowance.of(policy)
    allowance.bytesMax = policy.memoryLimit > 0 ? policy.memoryLimit : Number.POSITIVE_INFINITY
    return allowance
  }

  /** Given back when nobody holds the message any more. */
  charge(message: Message): void {
    if (message.charge !== null) return
    message.charge = this
    this.bytes += message.sizeBytes
  }

  get full(): boolean {
    return this.bytes >= this.bytesMax
  }

  fullError(destination: Destination): MillraceError {
    return new MillraceError(
      'MEMORY_FULL',
      `messages of ${destination.text} in memory take ${this.bytes} bytes of ${this.bytesMax}`,
    )
  }

  get scarce(): boolean {
    return this.bytes >= WINDOW_SHARE * this.bytesMax
  }
}
