import { LinkedList } from '@millrace/base'
import type { Delivery } from './delivery.ts'

/** One message group of which a message is under way, or is the next to be. */
interface Group {
  /** At the front of the consumer's buffer again; null: one is under way. */
  next: Delivery | null
  /** Behind that, in order. */
  readonly parked: LinkedList<Delivery>
}

/**
 * Lets the listener calls of one consumer overlap without overtaking within a message group: of each JMSXGroupID one
 * message at most is under way. Those behind it wait here, so that they are not looked at again and again; messages
 * without a group, and of other groups, pass.
 */
export class GroupOrder {
  readonly #groups = new Map<string, Group>()

  /** Whether it may go now. False: it is kept here until those before it are done. */
  admits(delivery: Delivery): boolean {
    const id = delivery.wire.groupID
    if (id === null) return true
    const group = this.#groups.get(id)
    if (group === undefined) {
      this.#groups.set(id, { next: null, parked: new LinkedList() })
      return true
    }
    if (group.next === delivery) {
      group.next = null
      return true
    }
    group.parked.push(delivery)
    return false
  }

  /**
   * One that was admitted is done. Gives back, in order, what belongs at the front of the buffer now: the next of its
   * group. When it comes again, `again`, that is all of them, because it goes before them.
   */
  done(delivery: Delivery, again: boolean): Delivery[] {
    const id = delivery.wire.groupID
    const group = id === null ? undefined : this.#groups.get(id)
    if (id === null || group === undefined) return []
    if (again || group.parked.length === 0) {
      this.#groups.delete(id)
      return takeAll(group)
    }
    group.next = group.parked.shift()
    return group.next === null ? [] : [group.next]
  }

  /** Order is of no more concern; gives back all that wait. */
  clear(): Delivery[] {
    const all = Array.from(this.#groups.values(), takeAll)
    this.#groups.clear()
    return all.flat()
  }
}

function takeAll(group: Group): Delivery[] {
  const all: Delivery[] = []
  for (let one = group.parked.shift(); one !== null; one = group.parked.shift()) all.push(one)
  return all
}
