const NOTHING: readonly never[] = []

/**
 * A map that takes memory only once something is in it. For the many that stay empty: what a connection could have and
 * seldom has.
 */
export class LazyMap<K, V> {
  #map: Map<K, V> | null = null

  get size(): number {
    return this.#map === null ? 0 : this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map === null ? undefined : this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map?.has(key) === true
  }

  set(key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    return this.#map?.delete(key) === true
  }

  clear(): void {
    this.#map?.clear()
  }

  /** In the order in which the keys were set first. */
  values(): IterableIterator<V> {
    return this.#map === null ? NOTHING.values() : this.#map.values()
  }
}
