import type { MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Operation, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import { LetterAudit } from './dead-letters/audit.ts'
import { DelayedEntries, type Later } from './dead-letters/delayed.ts'
import { letterOf } from './dead-letters/letter.ts'
import { type DeadLetterStrategy, letterDestination, LetterNames } from './dead-letters/strategy.ts'
import { type Entry, Place } from './entry.ts'
import type { Fate } from './interceptor.ts'
import { defaultPolicy } from './policy.ts'
import type { Reply } from './ports.ts'
import { Queue } from './queue.ts'
import type { Enlisted, Target } from './target.ts'

/**
 * What becomes of messages that nobody could use. An interceptor may have them dropped or delivered later; otherwise the
 * dead letter strategy of their destination says what is kept, and where. A letter comes into being in one step with its
 * message leaving its queue, so that a crash leaves it in exactly one; what dies in a dead letter queue is dropped.
 */
export class Redelivery {
  readonly later: Later
  readonly audit: LetterAudit = new LetterAudit()
  readonly #broker: Broker
  #names: LetterNames
  /** There was no space for these; they are tried again with the next tick. */
  #postponed: Postponed[] = []
  /** Dead letter queues that have more letters than they may and could not be trimmed yet. */
  readonly #overfull = new Map<Queue, number>()

  constructor(broker: Broker) {
    this.#broker = broker
    this.later = new DelayedEntries(broker.clock, broker.limits.delayedMax)
    this.#names = this.#namesNow()
  }

  /** What was a dead letter queue under the policies before is one no more. */
  policiesChanged(): void {
    this.#names = this.#namesNow()
  }

  #namesNow(): LetterNames {
    const policies = [defaultPolicy, ...this.#broker.policies.all]
    return new LetterNames(policies.map((policy) => policy.deadLetterStrategy))
  }

  /** Where a message becomes a dead letter that was in no queue; null: it is dropped. */
  targetFor(message: Message): Target | null {
    const strategy = this.#broker.policies.find(message.destination).deadLetterStrategy
    return strategy.kind === 'discarding' ? null : this.#target(letterDestination(strategy, message, null))
  }

  /** Whether what dies there is dropped. */
  isDeadLetterQueue(destination: Destination): boolean {
    return this.#names.has(destination)
  }

  /** `entries` are in no list. */
  deadLetter(entries: readonly Entry[], cause: string | null, reply: Reply | null, expired = false): void {
    const leaving: Entry[] = []
    const letters: Letter[] = []
    const operations: Operation[] = []
    for (const entry of entries) {
      const { queue } = entry
      entry.place = Place.Leaving
      const fate = this.#fateOf(entry, cause, expired)
      if (fate?.kind === 'later' && this.later.later(entry, fate.delayMs)) continue
      leaving.push(entry)
      if (queue === null || queue.deleted) continue
      const letter = fate?.kind === 'discard' ? null : this.#letter(entry, cause, expired, operations)
      if (letter !== null) letters.push(letter)
      if (queue.store !== null && entry.persistent) {
        operations.push({ kind: 'remove', queue: queue.store, key: entry.key })
      }
    }
    const move = new Move(this.#broker, leaving, letters, { cause, expired }, reply)
    for (const { enlisted } of letters) enlisted.committing(false)
    if (operations.length === 0) move.stored(null)
    else this.#broker.store.commit(operations, move)
  }

  /** Called when it could not be done; the entries stay where they are until it can. */
  postpone(entries: readonly Entry[], why: Why): void {
    this.#postponed.push({ entries, why })
  }

  tick(): void {
    this.later.tick()
    for (const [queue, max] of this.#overfull) this.trim(queue, max)
    if (this.#postponed.length === 0) return
    const postponed = this.#postponed
    this.#postponed = []
    for (const { entries, why } of postponed) this.deadLetter(entries, why.cause, null, why.expired)
  }

  /** `entry` is in no list. */
  expire(entry: Entry): void {
    this.expireAll([entry], null)
  }

  expireAll(entries: readonly Entry[], reply: Reply | null): void {
    for (const { queue } of entries) if (queue !== null) queue.expired++
    const { advisories } = this.#broker
    if (advisories.watched !== 0) for (const { message } of entries) advisories.expired(message)
    for (const hook of this.#broker.interceptors.expired) for (const entry of entries) hook(entry)
    const [first] = entries
    const cause = entries.length === 1 ? `expired at ${first?.message.expiration}` : 'expired'
    this.deadLetter(entries, cause, reply, true)
  }

  /** Drops the oldest letters that no consumer has, down to `max`. */
  trim(queue: Queue, max: number): void {
    this.#overfull.delete(queue)
    if (queue.deleted) return
    for (let first = queue.ready.first; first !== null && queue.count > max; first = queue.ready.first) {
      queue.unlink(first)
      first.place = Place.Leaving
      queue.settle(first, null)
    }
    if (queue.count <= max || !queue.cursor.behind) return
    // The oldest are in the store only: the next tick sees them.
    queue.cursor.readOn(null)
    this.#overfull.set(queue, max)
  }

  #target(destination: Destination): Target {
    const { destinations } = this.#broker
    return destinations.find(destination) ?? destinations.create(destination, null, true)
  }

  #fateOf(entry: Entry, cause: string | null, expired: boolean): Fate | undefined {
    for (const hook of this.#broker.interceptors.deadLettering) {
      const fate = hook(entry, cause, expired)
      if (fate !== undefined) return fate
    }
    return undefined
  }

  /** Null: there is to be none. */
  #letter(entry: Entry, cause: string | null, expired: boolean, operations: Operation[]): Letter | null {
    const { message, queue } = entry
    const strategy: DeadLetterStrategy = this.#broker.policies.find(message.destination).deadLetterStrategy
    if (strategy.kind === 'discarding') return null
    if (expired && strategy.processExpired === false) return null
    // Nothing in a temporary queue survives, whatever its sender said, nor what is stored only to be out of memory.
    const survives = entry.persistent && message.persistent && queue?.volatile === false
    if (!survives && strategy.processNonPersistent !== true) return null
    if (this.#names.has(message.destination)) return null
    const to = letterDestination(strategy, message, queue?.name ?? null)
    if (to.text === message.destination.text) return null
    if (strategy.enableAudit !== false && !this.audit.admits(to.text, message, strategy)) return null
    const nowMs = this.#broker.nowMs()
    const letter = letterOf(entry, to, cause, nowMs, strategy.expiration ?? 0)
    const target = this.#target(to)
    const enlisted = target.enlist(letter, operations)
    return { entry, message: letter, target, enlisted, max: strategy.maxLetters ?? 0 }
  }
}

interface Letter {
  readonly entry: Entry
  readonly message: Message
  readonly target: Target
  readonly enlisted: Enlisted
  /** Letters that its queue may have; 0 = as many as come. */
  readonly max: number
}

interface Why {
  readonly cause: string | null
  readonly expired: boolean
}

interface Postponed {
  readonly entries: readonly Entry[]
  readonly why: Why
}

class Move implements Stored {
  readonly #broker: Broker
  readonly #entries: readonly Entry[]
  readonly #letters: readonly Letter[]
  readonly #why: Why
  readonly #reply: Reply | null

  constructor(broker: Broker, entries: readonly Entry[], letters: readonly Letter[], why: Why, reply: Reply | null) {
    this.#broker = broker
    this.#entries = entries
    this.#letters = letters
    this.#why = why
    this.#reply = reply
  }

  stored(error: MillraceError | null): void {
    const { redelivery, advisories } = this.#broker
    for (const { message, enlisted } of this.#letters) {
      if (error === null) {
        enlisted.committed()
        if (advisories.watched !== 0) advisories.deadLettered(message)
      } else {
        enlisted.rolledBack()
        redelivery.audit.forget(message.destination.text, message)
      }
    }
    if (error === null) this.#settle()
    else redelivery.postpone(this.#entries, this.#why)
    this.#reply?.done(error)
    if (error !== null) return
    for (const letter of this.#letters) this.#arrived(letter)
  }

  #settle(): void {
    for (const entry of this.#entries) {
      const { queue } = entry
      if (queue === null) {
        entry.place = Place.Gone
        this.#broker.usage.release(entry.message)
      } else {
        queue.dequeued++
        queue.forget(entry)
      }
    }
  }

  #arrived({ entry, message, target, max }: Letter): void {
    for (const hook of this.#broker.interceptors.deadLettered) hook(message, entry)
    if (max > 0 && target instanceof Queue && target.count > max) this.#broker.redelivery.trim(target, max)
  }
}
