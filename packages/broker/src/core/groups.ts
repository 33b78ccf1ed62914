import type { Attachment } from './dispatch.ts'
import type { Entry } from './entry.ts'
import type { Queue } from './queue.ts'
import { hashOf } from './search/header-index.ts'

/** A group, or a bucket of groups, and who has it. */
export interface GroupOwner {
  /** The JMSXGroupID; `#n` for bucket n. */
  readonly group: string
  readonly consumerId: string
}

/**
 * Which consumer of a queue owns which message group. A group gets its owner with its first message, and loses it by a
 * negative sequence, when the owner leaves, when an operator says so, or when there are too many: then the one unused for
 * longest goes. With buckets, groups whose ids fall into one bucket are one.
 */
export class Groups {
  /** The one unused for longest first. */
  readonly #owners = new Map<string, Attachment>()
  #bucketCount: number
  #countMax: number
  readonly #freed: (group: string) => void

  /** `freed`: a group has no owner any more, or another one. */
  constructor(queue: Queue, freed: (group: string) => void) {
    this.#bucketCount = queue.policy.messageGroupBuckets
    this.#countMax = countMaxOf(queue)
    this.#freed = freed
  }

  /** Of the queue: there may be so many from now on, and with other buckets all of them begin anew. */
  policyChanged(queue: Queue): void {
    if (this.#bucketCount !== queue.policy.messageGroupBuckets) {
      this.releaseAll()
      this.#bucketCount = queue.policy.messageGroupBuckets
    }
    this.#countMax = countMaxOf(queue)
    this.#freeBeyond()
  }

  get count(): number {
    return this.#owners.size
  }

  nameOf(groupId: string): string {
    return this.#bucketCount === 0 ? groupId : `#${hashOf(groupId) % this.#bucketCount}`
  }

  ownerOf(groupId: string): Attachment | undefined {
    return this.#owners.get(this.nameOf(groupId))
  }

  /** The entry goes to this one. */
  assign(entry: Entry, attachment: Attachment): void {
    const { groupId, groupSequence } = entry.message
    const name = this.nameOf(groupId ?? '')
    const owner = this.#owners.get(name)
    if (groupSequence < 0 && owner !== undefined) {
      // The last message of a group went to its owner.
      this.#free(name, owner)
      return
    }
    if (owner === attachment) {
      // While there is much room nobody asks which is the oldest.
      if (this.#owners.size * 2 > this.#countMax) this.#refresh(name, attachment)
      return
    }
    entry.groupFirst = true
    if (owner !== undefined) this.#free(name, owner)
    this.#owners.set(name, attachment)
    attachment.groups++
    this.#freeBeyond()
  }

  /** The consumer is gone, and all its groups are free. */
  left(attachment: Attachment): void {
    if (attachment.groups === 0) return
    for (const [name, owner] of this.#owners) if (owner === attachment) this.#free(name, owner)
  }

  list(): GroupOwner[] {
    return Array.from(this.#owners, ([group, owner]) => ({ group, consumerId: owner.subscription.id }))
  }

  /** Its next message finds a new owner. Returns whether it had one. */
  release(groupId: string): boolean {
    const name = this.#owners.has(groupId) ? groupId : this.nameOf(groupId)
    const owner = this.#owners.get(name)
    if (owner === undefined) return false
    this.#free(name, owner)
    return true
  }

  releaseAll(): void {
    for (const [name, owner] of this.#owners) this.#free(name, owner)
  }

  /**
   * Frees groups of those who have more than their share, so that newcomers get them. A group of which its owner has
   * messages in hand stays, because its order would be lost.
   */
  rebalance(attachments: readonly Attachment[]): void {
    const share = Math.ceil(this.#owners.size / attachments.length)
    const inHand = new Map<Attachment, Set<string>>()
    for (const [name, owner] of this.#owners) {
      if (owner.groups <= share) continue
      let names = inHand.get(owner)
      if (names === undefined) {
        names = this.#inHand(owner)
        inHand.set(owner, names)
      }
      if (!names.has(name)) this.#free(name, owner)
    }
  }

  #freeBeyond(): void {
    if (this.#owners.size <= this.#countMax) return
    for (const [oldest, its] of this.#owners) {
      this.#free(oldest, its)
      if (this.#owners.size <= this.#countMax) break
    }
  }

  #inHand({ subscription }: Attachment): Set<string> {
    const names = new Set<string>()
    for (const { message } of subscription.outstanding) {
      if (message.groupId !== null) names.add(this.nameOf(message.groupId))
    }
    return names
  }

  #free(name: string, owner: Attachment): void {
    this.#owners.delete(name)
    owner.groups--
    this.#freed(name)
  }

  #refresh(name: string, owner: Attachment): void {
    this.#owners.delete(name)
    this.#owners.set(name, owner)
  }
}

function countMaxOf({ policy, broker }: Queue): number {
  return Math.min(policy.messageGroupsMax ?? Number.POSITIVE_INFINITY, broker.limits.groupsMax)
}
