import { assert } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { MessageSubject } from '../message/selector-subject.ts'
import { type Entry, Place } from './entry.ts'
import { Groups } from './groups.ts'
import type { Queue } from './queue.ts'
import { mayMatch, type Probe, probeOf } from './search/probe.ts'
import { Searched } from './search/searched.ts'
import { StartGate } from './start-gate.ts'
import type { Subscription } from './subscription.ts'

/** A newcomer of this priority becomes the exclusive consumer whatever the holder's is. */
const EXCLUSIVE_PRIORITY = 127

/** Selectors of which it is remembered how far they searched a queue, their consumers being gone. */
const SEARCHED_MAX = 100

/** One subscription's place at one queue. */
export class Attachment {
  readonly subscription: Subscription
  /** Does not take every message: it has a selector, or wants none of its own connection. */
  readonly selective: boolean
  /** The last ready entry that it was offered in vain, as were all before it; null = start at the first. */
  checked: Entry | null = null
  /** What its selector demands, in the words of an index. */
  readonly probe: Probe | null
  /** How far beyond the window it was offered stored messages. */
  searched: Searched
  /** Waiting entries up to this key were offered to it; these keys and those of stored messages pass each other. */
  waitedTo = 0
  /** Message groups it owns. */
  groups = 0
  attached = true

  constructor(subscription: Subscription, searched: Searched) {
    this.subscription = subscription
    this.selective = subscription.selector !== null || subscription.spec.noLocal
    this.probe = probeOf(subscription.selector)
    this.searched = searched
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
  /** All there are settle in the turn in which they are given something, and there is one. */
  settlesAtOnce = false
  /** Each attachment has a probe. */
  #named = false
  readonly #queue: Queue
  readonly #subject = new MessageSubject()
  #classes: PriorityClass[] = []
  /** The only one served while it is there. */
  #exclusive: Attachment | null = null
  /** Null until a message with a group came. */
  groups: Groups | null = null
  gate: StartGate | null
  #strict: boolean
  /** By the text of a selector, the one unused for longest first. */
  readonly #searched = new Map<string, Searched>()
  /** Messages were taken back from consumers whose lease was over: not everyone may have them. */
  #lapses = false
  /** Some entry came between others since `renumber`. */
  #unordered = false
  #restarted = false

  constructor(queue: Queue) {
    this.#queue = queue
    this.#strict = queue.policy.strictOrderDispatch
    this.gate = StartGate.of(queue)
  }

  /** Of the queue: what it says from now on. A gate that is closed opens. */
  policyChanged(): void {
    this.#strict = this.#queue.policy.strictOrderDispatch
    if (this.gate !== null) this.gate.closed = false
    this.gate = StartGate.of(this.#queue)
    this.groups?.policyChanged(this.#queue)
  }

  attach(subscription: Subscription): void {
    const attachment = new Attachment(subscription, this.#searchedBy(subscription))
    let at = this.attachments.length
    const { priority } = subscription.spec
    const { useConsumerPriority, messageGroupRebalance } = this.#queue.policy
    while (useConsumerPriority && at > 0 && this.#priorityAt(at - 1) < priority) at--
    this.attachments.splice(at, 0, attachment)
    this.#changed()
    this.gate?.attached(this.attachments.length)
    if (messageGroupRebalance) this.groups?.rebalance(this.attachments)
    if (!this.#isExclusive(subscription)) return
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
    this.groups?.left(attachment)
    if (this.#exclusive === attachment) {
      this.#exclusive = this.attachments.find((other) => this.#isExclusive(other.subscription)) ?? null
    }
    this.gate?.detached(this.attachments.length)
    this.#changed()
  }

  #priorityAt(at: number): number {
    return (this.attachments[at] as Attachment).subscription.spec.priority
  }

  #isExclusive(subscription: Subscription): boolean {
    return subscription.spec.exclusive || this.#queue.policy.allConsumersExclusiveByDefault
  }

  /** Consumers with one selector share how far they searched, unless something else decides too. */
  #searchedBy(subscription: Subscription): Searched {
    const { selector, spec } = subscription
    if (selector === null || spec.noLocal || this.groups !== null) return new Searched()
    const searched = this.#searched.get(selector.text) ?? new Searched()
    this.#searched.delete(selector.text)
    this.#searched.set(selector.text, searched)
    for (const oldest of this.#searched.keys()) {
      if (this.#searched.size <= SEARCHED_MAX) break
      this.#searched.delete(oldest)
    }
    return searched
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
    if (this.groups !== null) return
    this.groups = new Groups(this.#queue, (group) => {
      for (const attachment of this.attachments) {
        attachment.searched.freed(group)
        attachment.waitedTo = 0
      }
      this.#restart()
      this.#queue.wake()
    })
    // From now on what one consumer may not have another may.
    this.#searched.clear()
    for (const attachment of this.attachments) attachment.searched = attachment.searched.copy()
    this.#restart()
  }

  /** An entry was linked that is not the last: it has to be offered. `between`: it is not the first either. */
  inserted(between: boolean): void {
    if (between) this.#unordered = true
    this.#restart()
  }

  /** An entry is about to be unlinked. */
  leaves(entry: Entry): void {
    if (!this.careful) return
    for (const attachment of this.attachments) {
      if (attachment.checked === entry) attachment.checked = entry.previous
    }
  }

  /** Gives away what can be given, at most `budget` entries looked at. Returns whether there is more to do. */
  run(budget: number): boolean {
    return this.careful ? this.#runCarefully(budget) : this.#runPlainly(budget)
  }

  /** Tells consumers whose pull asked for an immediate answer that the queue was looked through. */
  checkPulls(): void {
    for (const { subscription } of this.attachments) subscription.checkPull()
  }

  /** Messages that all consumers together could take now. */
  get credit(): number {
    let credit = 0
    for (const { subscription } of this.attachments)
      if (subscription.hasCredit()) credit += Math.max(1, subscription.credit)
    return credit
  }

  /** Whether something waits that this one, having no credit, was not offered in vain. */
  holdsFor(subscription: Subscription): boolean {
    const { last } = this.#queue.ready
    return last !== null && (!this.careful || this.find(subscription)?.checked !== last)
  }

  /** Whether some consumer could be given anything now. */
  get hasTaker(): boolean {
    for (const attachment of this.attachments) if (this.canTake(attachment)) return true
    return false
  }

  /** Whether this consumer could be given anything now. */
  canTake(attachment: Attachment): boolean {
    if (this.#exclusive !== null && this.#exclusive !== attachment) return false
    return attachment.subscription.hasCredit()
  }

  /** Whether this consumer may have this message. */
  wants(attachment: Attachment, message: Message, redeliveries: number): boolean {
    if (attachment.probe !== null && !mayMatch(attachment.probe, message)) return false
    if (!attachment.subscription.wants(message, redeliveries, this.#subject)) return false
    return !this.ownedByOther(attachment, message)
  }

  /** The first message of a sequence finds a new owner for its group. */
  ownedByOther(attachment: Attachment, message: Message): boolean {
    if (message.groupId === null || this.groups === null || message.groupSequence === 1) return false
    const owner = this.groups.ownerOf(message.groupId)
    return owner !== undefined && owner !== attachment
  }

  /** Under which name its group is owned. */
  groupOf(message: Message): string {
    return this.groups?.nameOf(message.groupId ?? '') ?? ''
  }

  /** `entry` is in no list. */
  give(entry: Entry, attachment: Attachment): void {
    if (entry.message.groupId !== null) {
      this.grouped()
      this.groups?.assign(entry, attachment)
    }
    attachment.subscription.take(entry)
  }

  /** Every consumer demands a value of a header, and nothing but that decides who gets what. */
  get named(): boolean {
    return this.#named && this.groups === null && !this.#lapses
  }

  get hasGroups(): boolean {
    return this.groups !== null
  }

  /** An entry may have to wait while later ones go. */
  get careful(): boolean {
    return this.selective || this.groups !== null || this.#lapses
  }

  /** Messages come back that not every consumer may have. */
  lapsed(): void {
    this.#lapses = true
    this.#restart()
  }

  /** Somebody may have what it might not have before. */
  offerAgain(): void {
    this.#restart()
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
        const attachment = members[at] as Attachment
        const hasCredit = attachment.subscription.hasCredit()
        // In strict order one consumer is filled before the next.
        if (hasCredit && this.#strict) return attachment
        one.next = at + 1 === members.length ? 0 : at + 1
        if (hasCredit) return attachment
      }
    }
    return null
  }

  #runCarefully(budget: number): boolean {
    if (this.#unordered) {
      this.#unordered = false
      this.#queue.renumber()
    }
    this.#restarted = false
    let left = budget
    for (let entry = this.#start(); entry !== null; left--) {
      if (left === 0) return true
      let next: Entry | null = entry.next
      if (!this.#expires(entry)) {
        const attachment = this.#taker(entry)
        if (attachment === undefined) return false
        if (attachment !== null) {
          this.#queue.unlink(entry)
          this.give(entry, attachment)
          if (this.#restarted) {
            // A group lost its owner: what was left out before may go now.
            this.#restarted = false
            next = this.#start()
          }
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
    const unowned = message.groupId !== null && this.groups?.ownerOf(message.groupId) === undefined
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
        one.next = this.#strict ? bestAt : (bestAt + 1) % members.length
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
      const priority = this.#queue.policy.useConsumerPriority ? attachment.subscription.spec.priority : 0
      if (last === null || last.priority !== priority) {
        last = { priority, members: [], next: 0 }
        this.#classes.push(last)
      }
      last.members.push(attachment)
    }
    this.selective = this.attachments.some((attachment) => attachment.selective)
    this.settlesAtOnce =
      this.attachments.length > 0 &&
      this.attachments.every(({ subscription }) => subscription.spec.settlesAtOnce === true)
    this.#named = this.attachments.every(({ probe }) => probe !== null)
    this.#restart()
  }

  /** Everything has to be offered again. */
  #restart(): void {
    this.#restarted = true
    for (const attachment of this.attachments) attachment.checked = null
  }
}
