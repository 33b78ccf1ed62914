import { assert } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { MessageSubject } from '../message/selector-subject.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'

/** A newcomer of this priority becomes the exclusive consumer whatever the holder's is. */
const EXCLUSIVE_PRIORITY = 127

/** One subscription's place at one queue. */
export class Attachment {
  readonly subscription: Subscription
  /** Does not take every message: it has a selector, or wants none of its own connection. */
  readonly selective: boolean
  /** The last ready entry that it was offered in vain, as were all before it; null = start at the first. */
  checked: Entry | null = null
  /** Stored messages beyond the window up to this key were offered to it. */
  searchedTo = 0
  /** Waiting entries up to this key were offered to it; these keys and those of stored messages pass each other. */
  waitedTo = 0
  /** Message groups it owns. */
  groups = 0
  attached = true

  constructor(subscription: Subscription) {
    this.subscription = subscription
    this.selective = subscription.selector !== null || subscription.spec.noLocal
  }
}

/** The attachments of one priority; `next` is the one whose turn it is. */
interface PriorityClass {
  readonly priority: number
  readonly members: Attachment[]
  next: number
}

/**
 * Who gets the next message of a queue: of those with credit that may have it, one of the highest priority, in turn.
 *
 * Usually every consumer takes every message: then the first entry goes to the next consumer, and nothing is ever looked
 * at twice. As soon as a selector or a message group is about, an entry may have to wait while later ones go; then each
 * attachment remembers how far it was offered in vain, so that every entry is still looked at once by each.
 */
export class Dispatcher {
  /** In the order of priority, then of arrival. */
  readonly attachments: Attachment[] = []
  /** Some attachment is selective. */
  selective = false
  readonly #queue: Queue
  readonly #subject = new MessageSubject()
  #classes: PriorityClass[] = []
  /** The only one served while it is there. */
  #exclusive: Attachment | null = null
  /** Owners, the one unused for longest first; null until a message with a group came. */
  #groups: Map<string, Attachment> | null = null
  /** Some entry came between others since `renumber`. */
  #unordered = false

  constructor(queue: Queue) {
    this.#queue = queue
  }

  attach(subscription: Subscription): void {
    const attachment = new Attachment(subscription)
    let at = this.attachments.length
    const { priority } = subscription.spec
    while (at > 0 && (this.attachments[at - 1] as Attachment).subscription.spec.priority < priority) at--
    this.attachments.splice(at, 0, attachment)
    this.#changed()
    if (!subscription.spec.exclusive) return
    const holder = this.#exclusive?.subscription.spec
    if (holder === undefined || priority > holder.priority || priority === EXCLUSIVE_PRIORITY) {
      this.#exclusive = attachment
    }
  }

  detach(subscription: Subscription): void {
    const attachment = this.find(subscription)
    if (attachment === null) return
    attachment.attached = false
    this.attachments.splice(this.attachments.indexOf(attachment), 1)
    if (attachment.groups > 0 && this.#groups !== null) {
      for (const [group, owner] of this.#groups) if (owner === attachment) this.#groups.delete(group)
    }
    if (this.#exclusive === attachment) {
      this.#exclusive = this.attachments.find((other) => other.subscription.spec.exclusive) ?? null
    }
    this.#changed()
  }

  find(subscription: Subscription): Attachment | null {
    return this.attachments.find((attachment) => attachment.subscription === subscription) ?? null
  }

  /** The queue is deleted. */
  clear(): void {
    for (let last = this.attachments.at(-1); last !== undefined; last = this.attachments.at(-1)) {
      last.subscription.queueDeleted(this.#queue)
      assert(!last.attached, 'a deleted queue keeps a consumer')
    }
  }

  /** An entry of a message group was linked. */
  grouped(): void {
    if (this.#groups !== null) return
    this.#groups = new Map()
    this.#restart()
  }

  /** An entry was linked that is not the last: it has to be offered. `between`: it is not the first either. */
  inserted(between: boolean): void {
    if (between) this.#unordered = true
    this.#restart()
  }

  /** An entry is about to be unlinked. */
  leaves(entry: Entry): void {
    if (!this.#careful) return
    for (const attachment of this.attachments) {
      if (attachment.checked === entry) attachment.checked = entry.previous
    }
  }

  /** Gives away what can be given, at most `budget` entries looked at. Returns whether there is more to do. */
  run(budget: number): boolean {
    return this.#careful ? this.#runCarefully(budget) : this.#runPlainly(budget)
  }

  /** Tells consumers whose pull asked for an immediate answer that the queue was looked through. */
  checkPulls(): void {
    for (const { subscription } of this.attachments) subscription.checkPull()
  }

  /** Whether this consumer could be given anything now. */
  canTake(attachment: Attachment): boolean {
    if (this.#exclusive !== null && this.#exclusive !== attachment) return false
    return attachment.subscription.hasCredit()
  }

  /** Whether this consumer may have this message. */
  wants(attachment: Attachment, message: Message, redeliveries: number): boolean {
    if (!attachment.subscription.wants(message, redeliveries, this.#subject)) return false
    if (message.groupId === null || this.#groups === null) return true
    const owner = this.#groups.get(message.groupId)
    // The first message of a sequence finds a new owner for its group.
    return owner === undefined || owner === attachment || message.groupSequence === 1
  }

  /** `entry` is in no list. */
  give(entry: Entry, attachment: Attachment): void {
    const { groupId } = entry.message
    if (groupId !== null) {
      this.grouped()
      this.#assignGroup(groupId, entry, attachment)
    }
    attachment.subscription.take(entry)
  }

  #assignGroup(groupId: string, entry: Entry, attachment: Attachment): void {
    const groups = this.#groups as Map<string, Attachment>
    const owner = groups.get(groupId)
    if (entry.message.groupSequence < 0 && owner !== undefined) {
      // The last message of a group went to its owner.
      groups.delete(groupId)
      owner.groups--
      this.#restart()
      return
    }
    if (owner === attachment) return
    entry.groupFirst = true
    if (owner !== undefined) {
      groups.delete(groupId)
      owner.groups--
    }
    groups.set(groupId, attachment)
    attachment.groups++
    if (groups.size <= this.#queue.broker.limits.groupsMax) return
    for (const [oldest, its] of groups) {
      groups.delete(oldest)
      its.groups--
      break
    }
    this.#restart()
  }

  get #careful(): boolean {
    return this.selective || this.#groups !== null
  }

  #runPlainly(budget: number): boolean {
    const { ready } = this.#queue
    for (let left = budget; left > 0; left--) {
      const entry = ready.first
      if (entry === null) return false
      if (this.#expires(entry)) continue
      const attachment = this.#next()
      if (attachment === null) return false
      this.#queue.unlink(entry)
      this.give(entry, attachment)
    }
    return ready.first !== null
  }

  /** The next attachment that can take anything. */
  #next(): Attachment | null {
    const exclusive = this.#exclusive
    if (exclusive !== null) return exclusive.subscription.hasCredit() ? exclusive : null
    for (const one of this.#classes) {
      const { members } = one
      for (let i = 0; i < members.length; i++) {
        const at = one.next
        one.next = at + 1 === members.length ? 0 : at + 1
        const attachment = members[at] as Attachment
        if (attachment.subscription.hasCredit()) return attachment
      }
    }
    return null
  }

  #runCarefully(budget: number): boolean {
    if (this.#unordered) {
      this.#unordered = false
      this.#queue.renumber()
    }
    let left = budget
    for (let entry = this.#start(); entry !== null; left--) {
      if (left === 0) return true
      const next: Entry | null = entry.next
      if (!this.#expires(entry)) {
        const attachment = this.#taker(entry)
        if (attachment === undefined) return false
        if (attachment !== null) {
          this.#queue.unlink(entry)
          this.give(entry, attachment)
        }
      }
      entry = next
    }
    return false
  }

  /** The first entry that somebody who can take it was not offered. */
  #start(): Entry | null {
    let earliest: Entry | null = null
    let found = false
    for (const attachment of this.attachments) {
      if (!this.canTake(attachment)) continue
      const { checked } = attachment
      if (checked === null) return this.#queue.ready.first
      if (!found || checked.readyOrder < (earliest as Entry).readyOrder) earliest = checked
      found = true
    }
    return earliest === null ? null : earliest.next
  }

  /** Who gets this entry; null: nobody of those who could; undefined: nobody can take anything. */
  #taker(entry: Entry): Attachment | null | undefined {
    const { message } = entry
    const unowned = message.groupId !== null && this.#groups?.has(message.groupId) === false
    let somebody = false
    for (const one of this.#classes) {
      const { members } = one
      let best: Attachment | null = null
      let bestAt = 0
      for (let i = 0; i < members.length; i++) {
        const at = (one.next + i) % members.length
        const attachment = members[at] as Attachment
        if (!this.canTake(attachment)) continue
        somebody = true
        const { checked } = attachment
        if (checked !== null && checked.readyOrder >= entry.readyOrder) continue
        if (!this.wants(attachment, message, entry.redeliveries)) {
          attachment.checked = entry
          continue
        }
        // A group without an owner goes to who has the fewest.
        if (best === null || attachment.groups < best.groups) {
          best = attachment
          bestAt = at
        }
        if (!unowned) break
      }
      if (best !== null) {
        one.next = (bestAt + 1) % members.length
        return best
      }
    }
    return somebody ? null : undefined
  }

  #expires(entry: Entry): boolean {
    if (entry.message.expiration === 0) return false
    const { broker } = this.#queue
    if (!entry.message.expired(broker.nowMs())) return false
    this.#queue.unlink(entry)
    entry.place = Place.Leaving
    broker.redelivery.expire(entry)
    return true
  }

  #changed(): void {
    this.#classes = []
    let last: PriorityClass | null = null
    for (const attachment of this.attachments) {
      const { spec } = attachment.subscription
      if (last === null || last.priority !== spec.priority) {
        last = { priority: spec.priority, members: [], next: 0 }
        this.#classes.push(last)
      }
      last.members.push(attachment)
    }
    this.selective = this.attachments.some((attachment) => attachment.selective)
    this.#restart()
  }

  /** Everything has to be offered again. */
  #restart(): void {
    for (const attachment of this.attachments) attachment.checked = null
  }
}
