import type { Broker } from '../../core/broker.ts'

const counts = new WeakMap<Broker, number>()

/** `ID:host-pid-ms-2:1`, unlike any id that a client makes for itself; each only once. */
export function connectionIdOf(broker: Broker): string {
  const count = (counts.get(broker) ?? 0) + 1
  counts.set(broker, count)
  return `${broker.id.replace(/-0:1$/, '')}-2:${count}`
}
