import type { SweepOptions } from './inactivity.ts'
import type { PathOptions } from './path-separator.ts'
import type { PolicyEntry } from './policies.ts'
import type { VirtualDestinations } from './routing/virtual-destinations.ts'
import type { StartUpOptions } from './start-up.ts'

/** Everything that a broker can be told about its destinations. */
export interface DestinationOptions extends PathOptions, StartUpOptions, SweepOptions {
  /** What differs from destination to destination. Default: none. */
  readonly policies?: readonly PolicyEntry[]
  /** Virtual topics, composites, mirrors. Default: the built-in virtual topic. */
  readonly virtualDestinations?: VirtualDestinations
}

const NAMES: Readonly<Record<keyof DestinationOptions, true>> = {
  policies: true,
  virtualDestinations: true,
  destinations: true,
  pathSeparator: true,
  deleteAllMessagesOnStartup: true,
  schedulePeriodForDestinationPurge: true,
  maxPurgedDestinationsPerSweep: true,
}

/** Only these, of options that have more. */
export function destinationOptionsOf(options: DestinationOptions): DestinationOptions {
  const own = Object.entries(options).filter(([name, value]) => value !== undefined && Object.hasOwn(NAMES, name))
  return Object.fromEntries(own) as DestinationOptions
}
