import { MillraceError, type Primitive, primitiveOf, type Task } from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import { Message } from '../../message/message.ts'
import { property } from '../../message/properties.ts'
import type { Stored } from '../../store/store.ts'
import type { Reply } from '../ports.ts'
import type { Producer } from '../producer.ts'
import { type Job, JobState } from './job.ts'
import { change, long, Name, text, wholeNumber } from './properties.ts'
import type { Scheduler } from './scheduler.ts'

/** A message sent here is a request to the scheduler, whether it is a queue or a topic. */
const MANAGEMENT = 'ActiveMQ.Scheduler.Management'

/** Jobs whose messages are read at a time for one browse. */
const CHUNK = 32

/** Whether this message, which has properties of the scheduler, is a request to it. */
export function isRequest(message: Message): boolean {
  return message.destination.name === MANAGEMENT
}

/**
 * Requests by message. BROWSE, REMOVE and REMOVEALL are the model's; POSTPONE, keys and answers are ours. What cannot
 * be done because there is no such job is no error, as in the model; a request for an answer says how many there were.
 */
export class Management {
  readonly #scheduler: Scheduler
  readonly #browses = new Set<Browse>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Throws SCHEDULE_INVALID. */
  request(_producer: Producer, message: Message, reply: Reply): void {
    const action = text(message, Name.Action)
    switch (action) {
      case 'BROWSE':
        this.#browse(message)
        reply.done(null)
        return
      case 'REMOVE':
        this.#remove(this.#named(message), message, reply)
        return
      case 'REMOVEALL':
        this.#remove(this.#between(message), message, reply)
        return
      case 'POSTPONE':
        this.#postpone(message, reply)
        return
      case null:
        reply.done(null)
        return
      default:
        throw new MillraceError(
          'SCHEDULE_INVALID',
          `${Name.Action} is "${action.slice(0, 40)}", expected BROWSE, REMOVE, REMOVEALL or POSTPONE`,
        )
    }
  }

  tick(): void {
    for (const browse of this.#browses) browse.tick()
  }

  #browse(message: Message): void {
    const { replyTo } = message
    if (replyTo === null) return
    const { browseMax } = this.#scheduler.broker.limits
    const jobs = this.#between(message).slice(0, browseMax)
    const browse = new Browse(this.#scheduler, jobs, replyTo, (sent) => {
      this.#browses.delete(browse)
      this.#answer(message, sent)
    })
    this.#browses.add(browse)
    browse.next()
  }

  #remove(jobs: readonly Job[], message: Message, reply: Reply): void {
    if (jobs.length === 0) {
      reply.done(null)
      this.#answer(message, 0)
      return
    }
    const removal = new Removal(this.#scheduler, jobs, (error, count) => {
      reply.done(error)
      if (error === null) this.#answer(message, count)
    })
    removal.run()
  }

  /** `AMQ_SCHEDULED_DELAY`: from now; or `ACTION_START_TIME`: ms since 1970. */
  #postpone(message: Message, reply: Reply): void {
    const nowMs = this.#scheduler.broker.nowMs()
    const delay = wholeNumber(message, Name.Delay)
    const start = wholeNumber(message, Name.StartTime)
    if (delay === null && start === null) {
      throw new MillraceError('SCHEDULE_INVALID', `POSTPONE needs ${Name.Delay} or ${Name.StartTime}`)
    }
    const dueMs = delay === null ? (start ?? 0) : nowMs + Math.max(0, delay)
    if (!(dueMs >= 0 && dueMs <= 8.64e15)) throw new MillraceError('SCHEDULE_INVALID', `${dueMs} is no time`)
    const job = this.#named(message)[0]
    if (job === undefined) {
      reply.done(null)
      this.#answer(message, 0)
      return
    }
    this.#scheduler.postpone(job, dueMs, (error, found) => {
      reply.done(error)
      if (error === null) this.#answer(message, found ? 1 : 0)
    })
  }

  /** By the sender's key, or by its job id. */
  #named(message: Message): Job[] {
    const key = text(message, Name.Key)
    const id = text(message, Name.JobId)
    const job = key === null ? (id === null ? null : this.#scheduler.find(id)) : this.#scheduler.findByKey(key)
    return job === null ? [] : [job]
  }

  #between(message: Message): Job[] {
    const start = wholeNumber(message, Name.StartTime)
    const end = wholeNumber(message, Name.EndTime)
    return start === null || end === null ? this.#scheduler.jobs() : this.#scheduler.jobs(start, end)
  }

  #answer(request: Message, count: number): void {
    const { replyTo } = request
    if (replyTo === null || property(request, Name.Answer) === null) return
    const answer = new Message(replyTo, this.#scheduler.producerId, this.#scheduler.nextSequence())
    answer.correlationId = request.correlationId
    answer.brokerInTime = this.#scheduler.broker.nowMs()
    change(answer, [], new Map([[Name.Count, primitiveOf(count)]]))
    sendTo(this.#scheduler, answer)
  }
}

/** Cancels jobs, some in each turn. Done when all of that is safe. */
class Removal implements Task, Stored {
  queued = false
  readonly #scheduler: Scheduler
  readonly #jobs: readonly Job[]
  readonly #done: (error: MillraceError | null, count: number) => void
  #at = 0
  #count = 0
  /** Answers of the store that are still to come; one is that to all removals of jobs that were stored before. */
  #awaited = 1
  #error: MillraceError | null = null

  constructor(scheduler: Scheduler, jobs: readonly Job[], done: (error: MillraceError | null, count: number) => void) {
    this.#scheduler = scheduler
    this.#jobs = jobs
    this.#done = done
  }

  run(): void {
    const { broker } = this.#scheduler
    const end = Math.min(this.#jobs.length, this.#at + broker.limits.dispatchMax)
    for (; this.#at < end; this.#at++) {
      // It may have fired meanwhile, and have a successor or none.
      const listed = this.#jobs[this.#at] as Job
      const job = listed.state === JobState.Storing ? listed : this.#scheduler.find(listed.id)
      if (job === null || job.unwanted) continue
      this.#count++
      if (job.state === JobState.Storing) {
        this.#awaited++
        this.#scheduler.cancel(job, this)
      } else this.#scheduler.cancel(job, null)
    }
    if (this.#at < this.#jobs.length) {
      broker.turn.later(this)
      return
    }
    // Behind all of them in the journal.
    broker.store.commit([], this)
  }

  stored(error: MillraceError | null): void {
    this.#error ??= error
    this.#awaited--
    if (this.#awaited === 0) this.#done(this.#error, this.#count)
  }
}

/** Shows jobs to one who asked, a few at a time, in the order of their times. */
class Browse {
  readonly #scheduler: Scheduler
  readonly #jobs: readonly Job[]
  readonly #replyTo: Destination
  readonly #done: (sent: number) => void
  #at = 0
  #sent = 0
  #messages: (Message | null)[] = []
  #awaited = 0
  /** There was no space. */
  #waiting = false

  constructor(scheduler: Scheduler, jobs: readonly Job[], replyTo: Destination, done: (sent: number) => void) {
    this.#scheduler = scheduler
    this.#jobs = jobs
    this.#replyTo = replyTo
    this.#done = done
  }

  next(): void {
    const jobs = this.#jobs.slice(this.#at, this.#at + CHUNK)
    if (jobs.length === 0) {
      this.#done(this.#sent)
      return
    }
    this.#messages = jobs.map(() => null)
    this.#awaited = jobs.length
    for (const [i, job] of jobs.entries()) {
      this.#scheduler.load(job, (message) => {
        if (message !== null) this.#messages[i] = this.#shown(job, message)
        this.#awaited--
        if (this.#awaited === 0) this.#show()
      })
    }
  }

  tick(): void {
    if (this.#waiting) this.#show()
  }

  #show(): void {
    this.#waiting = false
    const { usage } = this.#scheduler.broker
    if (usage.memoryFull) {
      this.#waiting = true
      return
    }
    this.#at += this.#messages.length
    for (const message of this.#messages) {
      if (message === null) continue
      // Whoever asked is gone.
      if (!sendTo(this.#scheduler, message)) {
        this.#done(this.#sent)
        return
      }
      this.#sent++
    }
    this.next()
  }

  #shown(job: Job, message: Message): Message {
    const shown = message.copyTo(this.#replyTo)
    shown.originalDestination = message.destination
    shown.producerId = this.#scheduler.producerId
    shown.producerSequence = this.#scheduler.nextSequence()
    shown.textId = null
    shown.persistent = false
    shown.type = 'Advisory'
    shown.transactionId = null
    shown.expiration = 0
    const additions = new Map<string, Primitive>([
      [Name.JobId, primitiveOf(job.id)],
      [Name.DueTime, long(job.schedule.dueMs)],
    ])
    change(shown, [], additions)
    return shown
  }
}

/** False: there is no such destination any more. */
function sendTo(scheduler: Scheduler, message: Message): boolean {
  try {
    for (const { target, message: part } of scheduler.broker.sends.route(message)) target.send(part, NOBODY)
    return true
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return false
  }
}

const NOBODY: Reply = { done: () => {} }
