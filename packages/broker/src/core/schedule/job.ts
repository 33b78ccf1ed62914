import type { Linked, MillraceError } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import type { Schedule } from '../../message/schedule.ts'
import type { Paged, PageReceiver, Stored } from '../../store/store.ts'
import type { Reply } from '../ports.ts'
import type { Enlisted } from '../target.ts'
import type { Due } from './due-heap.ts'
import type { Scheduler } from './scheduler.ts'

/** Where a job is. */
export const JobState = {
  /** Handed to the store, or part of a prepared branch. */
  Storing: 0,
  /** In the heap, or put off until the next tick. */
  Waiting: 1,
  /** In the list of those that are due, perhaps without its body. */
  Due: 2,
  /** Its firing was handed to the store. */
  Firing: 3,
  Gone: 4,
} as const
export type JobState = (typeof JobState)[keyof typeof JobState]

/** One message that is kept back. Its body is mostly in the store only. */
export class Job implements Due, Linked<Job>, Stored, Enlisted, PageReceiver {
  readonly scheduler: Scheduler
  readonly schedule: Schedule
  /** In the scheduler's queue of the store. */
  readonly key: number
  readonly sizeBytes: number
  state: JobState
  at = 0
  slot = -1
  /** In memory, and charged to it; null = only in the store. */
  message: Message | null
  /** Still owed to the sender. */
  reply: Reply | null = null
  /** The one of the same key that goes when this one is safe. */
  replaced: Job | null = null
  /** It was cancelled or replaced before it was safe. */
  unwanted = false
  /** Hears when it is gone, after it became unwanted. */
  waiter: Stored | null = null
  previous: Job | null = null
  next: Job | null = null

  constructor(scheduler: Scheduler, schedule: Schedule, key: number, sizeBytes: number, state: JobState) {
    this.scheduler = scheduler
    this.schedule = schedule
    this.key = key
    this.sizeBytes = sizeBytes
    this.state = state
    this.message = null
  }

  get id(): string {
    return this.schedule.id
  }

  /** The store's answer to a send. */
  stored(error: MillraceError | null): void {
    this.scheduler.stored(this, error)
  }

  committing(_late: boolean): void {}

  committed(): void {
    this.scheduler.arrived(this)
  }

  rolledBack(): void {
    this.scheduler.failed(this)
  }

  /** Its body, which is wanted for firing. */
  paged(page: readonly Paged[]): void {
    const item = page[0]
    this.scheduler.read(this, item !== undefined && item.key === this.key ? item.message : null)
  }
}
