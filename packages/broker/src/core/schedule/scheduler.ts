import { assert, LinkedList, MillraceError, type Task } from '@millrace/base'
import { Destination, DestinationKind } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import type { Schedule } from '../../message/schedule.ts'
import type { Operation, Paged, QueueStore, Stored } from '../../store/store.ts'
import type { Broker } from '../broker.ts'
import type { Reply } from '../ports.ts'
import type { Producer } from '../producer.ts'
import type { Enlisted, Sink } from '../target.ts'
import { DueHeap } from './due-heap.ts'
import { Firing } from './firing.ts'
import { Job, JobState } from './job.ts'
import { isRequest, Management } from './management.ts'
import { begun, planOf } from './plan.ts'
import { mayConcern } from './properties.ts'

/** The queue of the store in which messages are kept back. */
export const SCHEDULE_STORE = 'schedule://messages'

/** A message that is due within this time is kept in memory, while there is room. */
const SOON_MS = 60_000

/** Jobs whose bodies are read at a time. */
const DUE_MAX = 256

/** Messages of one page when a broker opens; only their schedules stay. */
const LOAD_MAX = 5_000

/**
 * Keeps messages back until they are due. They are messages of a queue of the store that nobody consumes from; in
 * memory there is a small job for each, in a heap by its time. Firing is one step of the store: the message leaves that
 * queue, its copies enter theirs, and if it is due again it enters anew. So a crash leaves it before or after, never
 * twice and never nowhere.
 *
 * Delays and periods run on the clock that does not jump, cron expressions on the one on the wall.
 */
export class Scheduler implements Sink, Task {
  queued = false
  readonly broker: Broker
  readonly destination: Destination = new Destination(DestinationKind.Queue, 'schedule')
  /** Messages that were delivered by it. */
  fired = 0
  readonly #management: Management
  #store: QueueStore | null = null
  #count = 0
  /** By the monotonic clock. */
  readonly #delays = new DueHeap<Job>()
  /** By the wall clock. */
  readonly #times = new DueHeap<Job>()
  /** In the order in which they are to fire. */
  readonly #due = new LinkedList<Job>()
  /** There was no space where they go, or the store refused: tried again with the next tick. */
  #postponed: Job[] = []
  readonly #byId = new Map<string, Job>()
  readonly #byKey = new Map<string, Job>()
  /** Bytes of bodies in memory for those that are not due yet, and of those that are. */
  #keptBytes = 0
  #dueBytes = 0
  #sequence = 0
  /** Handed to the store and not answered. */
  #firing = 0
  #closed = false

  constructor(broker: Broker) {
    this.broker = broker
    this.#management = new Management(this)
  }

  /** Messages that are kept back. */
  get count(): number {
    return this.#count
  }

  /** Something that is due is being read, or its firing stored. */
  get busy(): boolean {
    return !this.#closed && (this.#due.length > 0 || this.#firing > 0)
  }

  // ---- What the broker asks when something is sent

  /** True: it was a request to the scheduler, and is answered. Otherwise the message may have got a schedule. */
  takes(producer: Producer, message: Message, reply: Reply): boolean {
    if (message.properties === null || !mayConcern(message.properties)) return false
    if (isRequest(message)) {
      this.#management.request(producer, message, reply)
      return true
    }
    message.schedule = planOf(message, this.broker.limits, this.broker.nowMs())
    if (message.schedule === null) return false
    this.#checkRoom(message.schedule)
    // Otherwise it would be found out when its time comes.
    for (const part of message.destination.parts()) {
      if (part.pattern) {
        throw new MillraceError('DESTINATION_INVALID', `nothing can be sent to the pattern ${part.text}`)
      }
    }
    return false
  }

  full(_message: Message): boolean {
    return this.broker.usage.full(false, true)
  }

  send(message: Message, reply: Reply): void {
    let job: Job
    try {
      job = this.#enter(message)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      reply.done(error)
      return
    }
    job.reply = reply
    // From now on a request finds it, although it is not safe yet.
    this.#byId.set(job.id, job)
    this.broker.usage.storing(message.sizeBytes)
    if (job.replaced === null) {
      this.store.add(message, job.key, job)
      return
    }
    const operations: Operation[] = []
    this.#operations(job, message, operations)
    this.broker.store.commit(operations, job)
  }

  enlist(message: Message, operations: Operation[]): Enlisted {
    const job = this.#enter(message)
    this.#operations(job, message, operations)
    return job
  }

  // ---- Jobs, for requests and for who embeds a broker

  /** Those that are due from one moment to another, in this order. */
  jobs(fromMs = 0, toMs: number = Number.POSITIVE_INFINITY): Job[] {
    const found: Job[] = []
    for (const job of this.#byId.values()) {
      const { dueMs } = job.schedule
      if (dueMs >= fromMs && dueMs <= toMs) found.push(job)
    }
    return found.sort((one, other) => one.schedule.dueMs - other.schedule.dueMs || one.key - other.key)
  }

  find(id: string): Job | null {
    return this.#byId.get(id) ?? null
  }

  findByKey(key: string): Job | null {
    const job = this.#byKey.get(key)
    // One of a prepared branch is not there for others yet.
    return job !== undefined && this.#byId.get(job.id) === job ? job : null
  }

  /** It will not fire any more; the waiter hears when that is safe. */
  cancel(job: Job, waiter: Stored | null): void {
    if (job.state === JobState.Storing) {
      job.unwanted = true
      job.waiter = waiter
      this.#unlist(job)
      return
    }
    this.#detach(job)
    this.#end(job)
    this.store.remove(job.key, waiter)
  }

  /** Another time for its next firing. False: it is gone, or cannot be read. */
  postpone(job: Job, dueMs: number, done: (error: MillraceError | null, found: boolean) => void): void {
    this.load(job, (message) => {
      if (message === null || job.state !== JobState.Waiting) {
        done(null, false)
        return
      }
      const operations: Operation[] = []
      this.#detach(job)
      const next = this.follow(job, message, { ...job.schedule, dueMs }, operations)
      operations.unshift({ kind: 'remove', queue: this.store, key: job.key })
      this.broker.store.commit(operations, {
        stored: (error) => {
          if (error === null) {
            this.#end(job)
            this.arrived(next)
          } else {
            const { unwanted, waiter } = next
            next.waiter = null
            this.failed(next)
            this.#restore(job)
            if (unwanted) this.cancel(job, waiter)
          }
          done(error, error === null)
        },
      })
    })
  }

  /** The message of a job; null when it is gone or cannot be read. In this turn or a later one. */
  load(job: Job, to: (message: Message | null) => void): void {
    if (job.state === JobState.Gone) to(null)
    else if (job.message !== null) to(job.message)
    else {
      this.store.page(job.key - 1, 1, {
        paged: (page) => to(page[0]?.key === job.key ? page[0].message : null),
      })
    }
  }

  /** An id for a message that the broker itself sends. */
  nextSequence(): number {
    this.#sequence++
    return this.#sequence
  }

  get producerId(): string {
    return `${this.broker.id}:0:1`
  }

  // ---- What jobs report

  stored(job: Job, error: MillraceError | null): void {
    this.broker.usage.stored(job.sizeBytes)
    const { reply } = job
    job.reply = null
    if (error === null) this.arrived(job)
    else {
      if (job.message?.persistent === true) this.broker.refusals.note(job.message)
      this.failed(job)
    }
    reply?.done(error)
  }

  /** It is safe. */
  arrived(job: Job): void {
    if (job.replaced !== null) this.#end(job.replaced)
    job.replaced = null
    if (job.unwanted) {
      const { waiter } = job
      this.#end(job)
      // What replaced it may have been stored before it.
      this.store.remove(job.key, waiter)
      return
    }
    job.state = JobState.Waiting
    if (!this.#byId.has(job.id)) this.#byId.set(job.id, job)
    if (job.schedule.key !== null) this.#take(job, job.schedule.key)
    this.#keepOrRelease(job)
    this.#schedule(job)
  }

  /** One of a branch that was prepared before a restart could not take the place of the one before until now. */
  #take(job: Job, key: string): void {
    const other = this.#byKey.get(key)
    if (other === job || other?.state === JobState.Storing) return
    this.#byKey.set(key, job)
    if (other !== undefined) this.cancel(other, null)
  }

  /** It was not stored. */
  failed(job: Job): void {
    const { replaced, waiter } = job
    job.replaced = null
    this.#unlist(job)
    this.#end(job)
    if (replaced !== null) this.#restore(replaced)
    waiter?.stored(null)
  }

  /** Its body, which was asked for when it became due. */
  read(job: Job, message: Message | null): void {
    if (this.#closed || job.state !== JobState.Due || job.message !== null) return
    if (message === null) {
      // The store has reported the damage; it stays there, and is not tried again before the next start.
      this.broker.log.error({ job: job.id }, 'a scheduled message cannot be read and is left out')
      this.#detach(job)
      this.#end(job)
    } else this.#hold(job, message)
    this.broker.turn.work(this)
  }

  /** The job's successor, which goes to the store together with something else. */
  follow(job: Job, message: Message, schedule: Schedule, operations: Operation[]): Job {
    const following = message.copyTo(message.destination)
    following.originalDestination = message.originalDestination
    following.schedule = schedule
    const next = this.#make(following, schedule)
    if (job.id === schedule.id) this.#byId.set(schedule.id, next)
    if (schedule.key !== null) this.#byKey.set(schedule.key, next)
    operations.push({ kind: 'add', queue: this.store, message: following, key: next.key })
    return next
  }

  /** A firing is over: the job is gone. */
  finished(job: Job): void {
    this.#firing--
    this.#end(job)
  }

  /** The store refused a firing. */
  refused(job: Job): void {
    this.#firing--
    this.retry(job)
  }

  /** A firing did not happen: again with the next tick. */
  retry(job: Job): void {
    this.#byId.set(job.id, job)
    if (job.schedule.key !== null && !this.#byKey.has(job.schedule.key)) this.#byKey.set(job.schedule.key, job)
    this.#release(job)
    job.state = JobState.Waiting
    this.#postponed.push(job)
  }

  // ---- Time

  /** The store gives no bodies any more, and that is no damage. */
  close(): void {
    this.#closed = true
  }

  /** Called with each tick of the broker. */
  tick(): void {
    this.#management.tick()
    const postponed = this.#postponed
    if (postponed.length > 0) {
      this.#postponed = []
      for (const job of postponed) if (job.state === JobState.Waiting && job.slot < 0) this.#schedule(job)
    }
    if (this.#nextDue() !== null) this.broker.turn.work(this)
  }

  run(): void {
    if (this.#closed) return
    for (let left = this.broker.limits.dispatchMax; left > 0; left--) {
      this.#collect()
      const job = this.#due.first
      if (job === null || job.message === null) return
      this.#due.remove(job)
      this.#dueBytes -= job.sizeBytes
      this.#fire(job, job.message)
    }
    this.broker.turn.later(this)
  }

  /** Moves what is due to the list, and asks for the bodies that are not here. */
  #collect(): void {
    const bytesMax = this.broker.limits.windowBytesMax
    while (this.#due.length < DUE_MAX && (this.#due.length === 0 || this.#dueBytes < bytesMax)) {
      const job = this.#nextDue()
      if (job === null) return
      this.#heapOf(job).remove(job)
      job.state = JobState.Due
      this.#due.push(job)
      this.#dueBytes += job.sizeBytes
      if (job.message === null) this.store.page(job.key - 1, 1, job)
    }
  }

  #nextDue(): Job | null {
    const { clock } = this.broker
    let delay = this.#delays.first
    if (delay !== null && delay.at > clock.monotonic()) delay = null
    let time = this.#times.first
    if (time !== null && time.at > clock.now()) time = null
    if (delay === null || time === null) return delay ?? time
    return time.schedule.dueMs < delay.schedule.dueMs ? time : delay
  }

  #fire(job: Job, message: Message): void {
    const firing = new Firing(this, job, message)
    if (!firing.prepare()) {
      this.retry(job)
      return
    }
    job.state = JobState.Firing
    if (this.#byId.get(job.id) === job) this.#byId.delete(job.id)
    if (job.schedule.key !== null && this.#byKey.get(job.schedule.key) === job) this.#byKey.delete(job.schedule.key)
    this.#firing++
    firing.start()
  }

  // ---- Recovery

  /** Everything that was kept back when the broker ended. What became due meanwhile fires with the first tick. */
  async recover(store: QueueStore): Promise<void> {
    this.#store = store
    if (store.count === 0) return
    await new Promise<void>((resolve) => {
      const load = (after: number): void => {
        const paged = (page: readonly Paged[], last: boolean): void => {
          const end = page[page.length - 1]
          // The next is read while this one is looked at.
          if (end !== undefined && !last) load(end.key)
          for (const { key, message } of page) {
            if (message.schedule !== null) this.#recovered(key, message, message.schedule)
          }
          if (end === undefined || last) resolve()
        }
        store.page(after, LOAD_MAX, { paged }, true)
      }
      load(0)
    })
  }

  #recovered(key: number, message: Message, schedule: Schedule): void {
    const job = new Job(this, schedule, key, message.sizeBytes, JobState.Waiting)
    this.#count++
    this.#byId.set(schedule.id, job)
    if (schedule.key !== null) {
      const older = this.#byKey.get(schedule.key)
      this.#byKey.set(schedule.key, job)
      if (older !== undefined) this.cancel(older, null)
    }
    this.#schedule(job)
  }

  /** Of a branch that was found prepared. */
  prepared(message: Message, key: number): Enlisted {
    assert(message.schedule !== null, 'a message is kept back without a schedule')
    this.#count++
    const job = new Job(this, message.schedule, key, message.sizeBytes, JobState.Storing)
    this.#hold(job, message)
    return job
  }

  // ---- Books

  get store(): QueueStore {
    this.#store ??= this.broker.store.queue(SCHEDULE_STORE)
    return this.#store
  }

  #checkRoom({ key }: Schedule): void {
    const { scheduledMax } = this.broker.limits
    if (this.#count < scheduledMax || (key !== null && this.#byKey.has(key))) return
    throw new MillraceError('LIMIT_REACHED', `there are ${this.#count} scheduled messages, which is the limit`)
  }

  /** Makes the job of a message that is sent; it takes the place of one with the same key. */
  #enter(message: Message): Job {
    assert(message.schedule !== null, 'a message without a schedule')
    this.#checkRoom(message.schedule)
    let schedule = begun(message.schedule, this.broker.nowMs())
    if (this.#byId.has(schedule.id)) schedule = { ...schedule, id: `${schedule.id}-${this.broker.nextKey()}` }
    message.schedule = schedule
    const job = this.#make(message, schedule)
    if (schedule.key === null) return job
    const old = this.#byKey.get(schedule.key)
    this.#byKey.set(schedule.key, job)
    if (old === undefined) return job
    if (old.state === JobState.Storing) {
      old.unwanted = true
      if (this.#byId.get(old.id) === old) this.#byId.delete(old.id)
    } else {
      this.#detach(old)
      job.replaced = old
    }
    return job
  }

  #make(message: Message, schedule: Schedule): Job {
    const job = new Job(this, schedule, this.broker.nextKey(), message.sizeBytes, JobState.Storing)
    this.#count++
    this.#hold(job, message)
    return job
  }

  #operations(job: Job, message: Message, operations: Operation[]): void {
    if (job.replaced !== null) operations.push({ kind: 'remove', queue: this.store, key: job.replaced.key })
    operations.push({ kind: 'add', queue: this.store, message, key: job.key })
  }

  #heapOf(job: Job): DueHeap<Job> {
    return job.schedule.cron === null ? this.#delays : this.#times
  }

  #schedule(job: Job): void {
    const { clock } = this.broker
    const { cron, dueMs } = job.schedule
    job.at = cron === null ? clock.monotonic() + dueMs - clock.now() : dueMs
    this.#heapOf(job).add(job)
  }

  /** Out of the heap and the lists; it may come back. */
  #detach(job: Job): void {
    if (job.slot >= 0) this.#heapOf(job).remove(job)
    if (job.state === JobState.Due) {
      this.#due.remove(job)
      this.#dueBytes -= job.sizeBytes
    }
    this.#release(job)
    this.#unlist(job)
    job.state = JobState.Storing
  }

  #unlist(job: Job): void {
    if (this.#byId.get(job.id) === job) this.#byId.delete(job.id)
    const { key } = job.schedule
    if (key !== null && this.#byKey.get(key) === job) this.#byKey.delete(key)
  }

  /** What was to take its place, or to follow, did not come. */
  #restore(job: Job): void {
    const { key } = job.schedule
    job.state = JobState.Waiting
    this.#byId.set(job.id, job)
    if (key !== null && !this.#byKey.has(key)) this.#byKey.set(key, job)
    this.#schedule(job)
  }

  #end(job: Job): void {
    assert(job.state !== JobState.Gone, 'a job goes twice', job.id)
    job.state = JobState.Gone
    this.#release(job)
    this.#count--
  }

  #keepOrRelease(job: Job): void {
    const { usage, limits, clock } = this.broker
    const { message } = job
    if (message === null) return
    const soon = job.schedule.dueMs - clock.now() <= SOON_MS
    if (!soon || usage.memoryScarce || this.#keptBytes > limits.windowBytesMax) this.#release(job)
    else message.own()
  }

  #hold(job: Job, message: Message): void {
    job.message = message
    this.#keptBytes += job.sizeBytes
    this.broker.usage.hold(message)
  }

  #release(job: Job): void {
    if (job.message === null) return
    this.broker.usage.release(job.message)
    this.#keptBytes -= job.sizeBytes
    job.message = null
  }
}
