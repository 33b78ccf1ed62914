/** Something that has to be looked at as time goes by. */
export interface Upkept {
  /** Monotonic ms. Returns false when it need not be looked at any more. */
  upkeep(nowMs: number): boolean
}

/** Between two looks. */
const PERIOD_MS = 100

/** What needs a look now and then, and only while it does: gates that open by time, slow consumers, unused indexes. */
export class Upkeep {
  readonly #watched = new Set<Upkept>()
  #lastMs = Number.NEGATIVE_INFINITY

  /** Once is enough, and more does no harm. */
  watch(upkept: Upkept): void {
    this.#watched.add(upkept)
  }

  tick(nowMs: number): void {
    if (this.#watched.size === 0 || nowMs - this.#lastMs < PERIOD_MS) return
    this.#lastMs = nowMs
    for (const upkept of this.#watched) if (!upkept.upkeep(nowMs)) this.#watched.delete(upkept)
  }
}
