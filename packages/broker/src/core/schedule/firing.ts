import { MillraceError, type Primitive, primitiveOf } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import { setProperties } from '../../message/properties.ts'
import type { Operation, Stored } from '../../store/store.ts'
import type { Route } from '../routing/routing.ts'
import type { Enlisted } from '../target.ts'
import type { Job } from './job.ts'
import { beginsSeries, followingOf, seriesOf } from './plan.ts'
import { change, Name, SCHEDULING } from './properties.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * One job at its time, as one step of the store: the message leaves the scheduler's queue, its copies enter theirs, and
 * what follows enters the scheduler's queue anew.
 */
export class Firing implements Stored {
  readonly #scheduler: Scheduler
  readonly #job: Job
  readonly #message: Message
  #routes: Route[] = []
  #enlisted: Enlisted[] = []
  #successors: Job[] = []
  #storingBytes = 0

  constructor(scheduler: Scheduler, job: Job, message: Message) {
    this.#scheduler = scheduler
    this.#job = job
    this.#message = message
  }

  /** Finds where it goes. False: there is no space now. */
  prepare(): boolean {
    const { broker } = this.#scheduler
    if (broker.usage.full(false, true)) return false
    if (beginsSeries(this.#job.schedule)) return true
    const copy = this.#copy()
    try {
      this.#routes = broker.sends.route(copy)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#undeliverable(copy, error)
    }
    return !this.#routes.some(({ target, message }) => target.full(message))
  }

  /** Hands it to the store. */
  start(): void {
    const scheduler = this.#scheduler
    const { broker } = scheduler
    const { schedule, key } = this.#job
    const nowMs = broker.clock.now()
    const operations: Operation[] = [{ kind: 'remove', queue: scheduler.store, key }]
    const lateMs = Math.max(0, schedule.cron === null ? broker.clock.monotonic() - this.#job.at : 0)
    const following = followingOf(schedule, lateMs, nowMs)
    if (following !== null) {
      this.#successors.push(scheduler.follow(this.#job, this.#message, following, operations))
    }
    if (beginsSeries(schedule)) {
      const id = `${scheduler.producerId}:${scheduler.nextSequence()}`
      const series = seriesOf(schedule, id, nowMs)
      this.#successors.push(scheduler.follow(this.#job, this.#message, series, operations))
    }
    for (const { target, message } of this.#routes) {
      this.#enlisted.push(target.enlist(message, operations))
      this.#storingBytes += message.sizeBytes
    }
    for (const enlisted of this.#enlisted) enlisted.committing(false)
    broker.usage.storing(this.#storingBytes)
    broker.store.commit(operations, this)
  }

  stored(error: MillraceError | null): void {
    const scheduler = this.#scheduler
    scheduler.broker.usage.stored(this.#storingBytes)
    if (error !== null) {
      // Whoever cancelled what would have followed meant this one, too.
      const cancelled = this.#successors.find(({ unwanted, id }) => unwanted && id === this.#job.id)
      const waiter = cancelled?.waiter ?? null
      if (cancelled !== undefined) cancelled.waiter = null
      for (const job of this.#successors) scheduler.failed(job)
      for (const enlisted of this.#enlisted) enlisted.rolledBack()
      scheduler.refused(this.#job)
      if (cancelled !== undefined) scheduler.cancel(this.#job, waiter)
      return
    }
    scheduler.finished(this.#job)
    for (const job of this.#successors) scheduler.arrived(job)
    for (const enlisted of this.#enlisted) enlisted.committed()
    if (this.#enlisted.length > 0) scheduler.fired++
  }

  /** What is delivered: without its schedule, and as if it had been sent now. */
  #copy(): Message {
    const { schedule } = this.#job
    const message = this.#message
    const nowMs = this.#scheduler.broker.nowMs()
    const copy = message.copyTo(message.destination)
    copy.originalDestination = message.originalDestination
    copy.transactionId = null
    copy.brokerInTime = nowMs
    if (message.expiration > 0) {
      const sentMs = message.timestamp > 0 ? message.timestamp : message.brokerInTime
      copy.expiration = nowMs + Math.max(0, message.expiration - sentMs)
    }
    if (message.timestamp > 0) copy.timestamp = nowMs
    // What comes once keeps its id; what a time of a cron expression has begun comes once for each.
    const once = schedule.cron === null && schedule.periodMs === 0 && schedule.repeats === 0
    if (!once || schedule.id !== message.id) {
      copy.textId = null
      copy.producerId = this.#scheduler.producerId
      copy.producerSequence = this.#scheduler.nextSequence()
    }
    change(copy, SCHEDULING, new Map([[Name.JobId, primitiveOf(schedule.id)]]))
    return copy
  }

  /** Its destination is not there and cannot be made: what was to be kept goes where somebody can look for it. */
  #undeliverable(copy: Message, error: MillraceError): void {
    const { broker } = this.#scheduler
    broker.log.warn({ job: this.#job.id, reason: error.message }, 'a scheduled message cannot be delivered')
    if (!copy.persistent) return
    const target = broker.redelivery.targetFor(copy)
    if (target === null) return
    const letter = copy.copyTo(target.destination)
    letter.originalDestination = copy.destination
    const cause = `its time came, and ${error.message}`
    const additions = new Map<string, Primitive>([['dlqDeliveryFailureCause', primitiveOf(cause)]])
    letter.expiration = 0
    setProperties(letter, additions)
    this.#routes = [{ target, message: letter }]
  }
}
