import { MillraceError } from '@millrace/base'

export const MINUTE_MS = 60_000
export const HOUR_MS: number = 60 * MINUTE_MS
export const DAY_MS: number = 24 * HOUR_MS

/** What a clock on the wall shows. */
export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** Of the month. */
  readonly day: number
  readonly hour: number
  readonly minute: number
}

/** The walls of one time zone. */
export interface Calendar {
  at(ms: number): WallTime
}

/** The zone of the process. */
const LOCAL: Calendar = {
  at(ms) {
    const date = new Date(ms)
    return {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
    }
  },
}

/** Zones that were asked for; a name comes with every message. Emptied when it is full. */
const zones = new Map<string, Calendar>()
const ZONES_MAX = 600

/** `zone`: an IANA name like `Europe/Berlin`; null = that of the process. Throws SCHEDULE_INVALID when there is no such. */
export function calendarOf(zone: string | null): Calendar {
  if (zone === null) return LOCAL
  let calendar = zones.get(zone)
  if (calendar === undefined) {
    calendar = new ZoneCalendar(formatOf(zone))
    if (zones.size >= ZONES_MAX) zones.clear()
    zones.set(zone, calendar)
  }
  return calendar
}

class ZoneCalendar implements Calendar {
  readonly #format: Intl.DateTimeFormat

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format
  }

  at(ms: number): WallTime {
    const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0 }
    for (const { type, value } of this.#format.formatToParts(ms)) {
      if (type in parts) parts[type as keyof typeof parts] = Number(value)
    }
    return parts
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      calendar: 'gregory',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
  } catch (error) {
    throw new MillraceError('SCHEDULE_INVALID', `there is no time zone "${zone}"`, { cause: error })
  }
}
