import { MillraceError } from '@millrace/base'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds, or a number with its unit: `'500ms'`, `'10s'`, `'3m'`, `'2h'`, `'1d'`; `'1.5h'` is fine, too. */
export type Duration = number | `${number}${keyof typeof UNITS}`

/** Throws CONFIGURATION_INVALID for what is no time, and for less than none. */
export function milliseconds(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parse(duration)
  if (Number.isFinite(ms) && ms >= 0) return ms
  throw new MillraceError('CONFIGURATION_INVALID', `"${duration}" is no time, expected ms or 500ms, 10s, 3m, 2h, 1d`)
}

function parse(text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return count === undefined ? Number.NaN : Number(count) * UNITS[unit as keyof typeof UNITS]
}
