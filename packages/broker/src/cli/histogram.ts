/**
 * Durations in milliseconds, any number of them in constant memory: buckets that grow by 1 %, from 1 µs to some minutes,
 * so every percentile is right to within 1 %.
 */
export class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS)
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  add(ms: number): void {
    this.#count++
    if (ms > this.#max) this.#max = ms
    const index = ms <= LEAST_MS ? 0 : Math.ceil(Math.log(ms / LEAST_MS) / STEP)
    const bucket = Math.min(index, BUCKETS - 1)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  /** The duration that this share (0 to 1) of all did not exceed; null when there are none. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null
    if (share >= 1) return this.#max
    let left = Math.max(1, Math.ceil(share * this.#count))
    for (const [bucket, count] of this.#buckets.entries()) {
      left -= count
      if (left <= 0) return Math.min(this.#max, LEAST_MS * Math.exp(bucket * STEP))
    }
    return this.#max
  }
}

const LEAST_MS = 0.001
const STEP: number = Math.log(1.01)
const BUCKETS = 2000
