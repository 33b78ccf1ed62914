/** Message groups whose first left-out message is remembered for each consumer; beyond it all are looked at again. */
const SKIPPED_MAX = 1_000

/**
 * How far a queue was searched beyond its window for one selector. Consumers with the same selector share it: what one of
 * them did not want the others need not look at, and it is kept for a while for those to come.
 */
export class Searched {
  /** Messages beyond the window up to this key were offered. */
  to = 0
  /** The message last found unwanted, so that not each of the sharing consumers has to look at it. */
  unwantedKey = 0
  /** A message that is wanted and for which nobody has credit. */
  blockedKey = 0
  /** Of groups that others own, the first message that was left out. */
  #skipped: Map<string, number> | null = null
  #skippedFrom = Number.POSITIVE_INFINITY

  /** The same place for a consumer that goes on by itself. */
  copy(): Searched {
    const copy = new Searched()
    copy.to = this.to
    return copy
  }

  /** Offered and left out, because the group belongs to another consumer. */
  skip(group: string, key: number): void {
    this.#skipped ??= new Map()
    if (this.#skipped.has(group)) return
    if (this.#skipped.size < SKIPPED_MAX) this.#skipped.set(group, key)
    else this.#skippedFrom = Math.min(this.#skippedFrom, key)
  }

  /** The group has no owner any more, or another one: what was left out of it is looked at again. */
  freed(group: string): void {
    const key = this.#skipped?.get(group) ?? this.#skippedFrom
    this.#skipped?.delete(group)
    if (key === this.#skippedFrom) this.#skippedFrom = Number.POSITIVE_INFINITY
    this.back(key)
  }

  /** This one has to be offered again. */
  back(key: number): void {
    if (key <= this.to) this.to = key - 1
  }
}
