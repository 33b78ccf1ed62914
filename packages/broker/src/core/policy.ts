/**
 * What can differ from destination to destination. A new attribute needs its line here and its default below; its value
 * is checked to be of its default's type, if that is true or false, a number or a text; what else it must be is said by
 * `ATTRIBUTE_CHECKS`. Read `target.policy` where the attribute is used: then a change of the policies while the broker runs
 * reaches destinations that exist.
 */
export interface Policy {
  /**
   * Higher priority first among the messages in memory; otherwise priority is carried and not looked at. Default: false.
   * Of a destination that exists it stays as it was when that was made.
   */
  readonly prioritizedMessages: boolean
  /** Removed when it was of no use for `inactiveTimeoutBeforeGC`. Default: false. Model behaviour. */
  readonly gcInactiveDestinations: boolean
  /** How long it must have been of no use, in ms. Default: 60,000. */
  readonly inactiveTimeoutBeforeGC: number
  /**
   * Destinations that the pattern of this entry may cover; one more is refused with LIMIT_REACHED. Default: -1, which is
   * as many as the broker may have. Advisory topics are not counted.
   */
  readonly maxDestinations: number
}

export const defaultPolicy: Policy = {
  prioritizedMessages: false,
  gcInactiveDestinations: false,
  inactiveTimeoutBeforeGC: 60_000,
  maxDestinations: -1,
}

/** Attributes that shape a destination when it is made: a change reaches those that are made later. Model behaviour. */
export const FIXED_ATTRIBUTES: readonly (keyof Policy)[] = ['prioritizedMessages']

/** What a value must be besides its type: what is expected, if it is not that; otherwise null. */
export const ATTRIBUTE_CHECKS: { readonly [K in keyof Policy]?: (value: Policy[K]) => string | null } = {
  inactiveTimeoutBeforeGC: (value) => (value >= 0 ? null : 'a number of ms from 0'),
  maxDestinations: (value) =>
    Number.isInteger(value) && value >= -1 ? null : 'a whole number from 0, or -1 for no limit',
}
