import type { LinkedList } from '@millrace/base'
import { property } from '../../message/properties.ts'
import type { Entry } from '../entry.ts'
import type { MessageEviction, PendingMessageLimit } from '../policy.ts'
import type { ConsumerSpec } from '../subscription.ts'

/** Messages that may wait beyond the prefetch; Infinity = any number. The client can only make it less. */
export function pendingMax(limit: PendingMessageLimit | null, spec: ConsumerSpec, prefetch: number): number {
  const own = spec.maximumPendingMessages > 0 ? spec.maximumPendingMessages : Number.POSITIVE_INFINITY
  if (limit === null) return own
  if (limit.kind === 'prefetchRate') return Math.min(own, Math.floor(limit.multiplier * prefetch))
  return limit.limit < 0 ? own : Math.min(own, limit.limit)
}

/** Those whose time is over go before any other; and when the next one of the rest expires. Model behaviour. */
export function expiredAmong(
  pending: LinkedList<Entry>,
  nowMs: number,
): { readonly expired: readonly Entry[]; readonly nextMs: number } {
  const expired: Entry[] = []
  let nextMs = Number.POSITIVE_INFINITY
  for (const entry of pending) {
    const { expiration } = entry.message
    if (expiration === 0) continue
    if (entry.message.expired(nowMs)) expired.push(entry)
    else nextMs = Math.min(nextMs, expiration)
  }
  return { expired, nextMs }
}

/** Which of the waiting messages go, because there is one too many: one at least. */
export function evicted(pending: LinkedList<Entry>, eviction: MessageEviction): readonly Entry[] {
  const oldest = pending.first
  if (oldest === null) return []
  switch (eviction.kind) {
    case 'oldest':
      return [oldest]
    case 'oldestWithLowestPriority': {
      let lowest = oldest
      for (const entry of pending) if (entry.message.priority < lowest.message.priority) lowest = entry
      return [lowest]
    }
    case 'uniqueProperty': {
      const outdated = withNewer(pending, eviction.propertyName)
      return outdated.length > 0 ? outdated : [oldest]
    }
  }
}

/** All that have the same value as a newer one: the search has its price, so it is not made for one message alone. */
function withNewer(pending: LinkedList<Entry>, name: string): Entry[] {
  const seen = new Set<unknown>()
  const outdated: Entry[] = []
  for (let entry = pending.last; entry !== null; entry = entry.previous) {
    const value = property(entry.message, name)?.value
    if (value === undefined) continue
    if (seen.has(value)) outdated.push(entry)
    else seen.add(value)
  }
  return outdated
}
