import { MillraceError } from '@millrace/base'

/**
 * When what was written is put on stable storage. A process that is killed loses nothing under any of them: the kernel has
 * its bytes. What a power cut, or a kernel that stops, takes away with it:
 *
 * - `always` (the default): nothing that was confirmed.
 * - `periodic`: what was confirmed since the last sync, a second by default.
 * - `never`: what was confirmed since the segment that is written was begun (32 MiB) and the kernel had not written by
 *   itself.
 *
 * With the last two the journal still ends at a whole batch after a power cut: messages that were confirmed may be missing,
 * all of the newest, and messages that were acknowledged may come again. Segments, snapshots and everything that the
 * manifest names are synced under each policy before they are relied on, and so is everything when the store is closed.
 */
export type SyncPolicy = 'always' | 'periodic' | 'never'

const POLICIES: readonly string[] = ['always', 'periodic', 'never']

/** Between two syncs of `periodic`; the model's default. */
export const SYNC_INTERVAL_MS = 1_000

/** The clock of the store ticks that often. */
const TICK_MS = 100

/** Throws CONFIGURATION_INVALID. */
export function checkSyncPolicy(policy: string): SyncPolicy {
  if (POLICIES.includes(policy)) return policy as SyncPolicy
  throw new MillraceError('CONFIGURATION_INVALID', `sync is "${policy}", expected always, periodic or never`)
}

/** Ticks from one sync to the next; 0 = none is asked for by the clock. Throws CONFIGURATION_INVALID. */
export function syncTicks(policy: SyncPolicy, intervalMs: number): number {
  if (!(intervalMs > 0)) {
    throw new MillraceError('CONFIGURATION_INVALID', `the interval of syncs is ${intervalMs}, expected ms above 0`)
  }
  return policy === 'periodic' ? Math.ceil(intervalMs / TICK_MS) : 0
}
