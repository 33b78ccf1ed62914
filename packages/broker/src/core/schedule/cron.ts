import { MillraceError } from '@millrace/base'
import { type Calendar, calendarOf, DAY_MS, HOUR_MS, MINUTE_MS } from './calendar.ts'

/**
 * Times by five fields, as the model's scheduler has them: minute (0 to 59), hour (0 to 23), day of the month (1 to 31),
 * month (1 to 12), day of the week (0 to 6, Sunday is 0). A field is `*` or `?` (any), a number, a range `a-b`, or a
 * list of those with commas. A step `x/n` keeps of `x` what can be divided by n. When both day fields are restricted,
 * one of them is enough. No names, no seconds.
 *
 * Summer time: a time of day that is left out comes an hour later on that day; one that comes twice fires once, unless
 * the hour is `*`, which means every hour that passes.
 */
export interface Cron {
  /** The first time after `afterMs`, at the beginning of a minute; null: none within ten years. */
  next(afterMs: number): number | null
}

const FIELDS = [
  { name: 'minute', first: 0, last: 59 },
  { name: 'hour', first: 0, last: 23 },
  { name: 'day of the month', first: 1, last: 31 },
  { name: 'month', first: 1, last: 12 },
  { name: 'day of the week', first: 0, last: 6 },
] as const

/** UTF-16 units of a whole expression. */
const LENGTH_MAX = 1024

/** February 29 may be eight years away. */
const HORIZON_MS = 3660 * DAY_MS

/** `zone`: an IANA name; null = the broker's. Throws SCHEDULE_INVALID, which says what is wrong with which field. */
export function parseCron(text: string, zone: string | null): Cron {
  if (text.length > LENGTH_MAX) {
    throw new MillraceError(
      'SCHEDULE_INVALID',
      `a cron expression may have ${LENGTH_MAX} characters, got ${text.length}`,
    )
  }
  const tokens = text.trim().split(/\s+/)
  if (text.trim() === '' || tokens.length !== FIELDS.length) {
    const count = text.trim() === '' ? 0 : tokens.length
    throw new MillraceError('SCHEDULE_INVALID', `"${text}" has ${count} fields, a cron expression has five`)
  }
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, i) => parseField(tokens[i] as string, field))
  return new Times(text, calendarOf(zone), {
    minutes: minutes as Set<number>,
    hours: hours as Set<number>,
    days: days as Set<number>,
    months: months as Set<number>,
    weekdays: weekdays as Set<number>,
    everyHour: isAny(tokens[1] as string),
    everyDay: isAny(tokens[2] as string),
    everyWeekday: isAny(tokens[4] as string),
  })
}

interface Fields {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  readonly everyHour: boolean
  readonly everyDay: boolean
  readonly everyWeekday: boolean
}

class Times implements Cron {
  readonly #text: string
  readonly #calendar: Calendar
  readonly #fields: Fields

  constructor(text: string, calendar: Calendar, fields: Fields) {
    this.#text = text
    this.#calendar = calendar
    this.#fields = fields
  }

  /** Month by month, day by day, hour by hour, minute by minute: some thousands of steps at most. */
  next(afterMs: number): number | null {
    const end = afterMs + HORIZON_MS
    let at = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS
    while (at <= end) {
      const now = this.#calendar.at(at)
      if (!this.#fields.months.has(now.month)) {
        // From noon, so that an hour more or less is the same day.
        const lastDay = new Date(Date.UTC(now.year, now.month, 0)).getUTCDate()
        at = this.#midnight(at + (12 - now.hour) * HOUR_MS + (lastDay - now.day) * DAY_MS)
        continue
      }
      if (!this.#day(now.year, now.month, now.day)) {
        at = this.#midnight(at)
        continue
      }
      const found = this.#within(at, this.#midnight(at))
      if (found !== null) return found
      at = this.#midnight(at)
    }
    return null
  }

  toString(): string {
    return this.#text
  }

  #day(year: number, month: number, day: number): boolean {
    const { days, weekdays, everyDay, everyWeekday } = this.#fields
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
    if (everyDay || everyWeekday) return days.has(day) && weekdays.has(weekday)
    return days.has(day) || weekdays.has(weekday)
  }

  /** The first time from `from` on, before `until`, both on the same day. */
  #within(from: number, until: number): number | null {
    const { minutes, hours, everyHour } = this.#fields
    for (let at = from; at < until; ) {
      const now = this.#calendar.at(at)
      const again = !everyHour && this.#cameBefore(at, now.hour)
      if (!again && (hours.has(now.hour) || this.#leftOut(at, now.hour))) {
        if (minutes.has(now.minute)) return at
        at += MINUTE_MS
      } else at += (60 - now.minute) * MINUTE_MS
    }
    return null
  }

  /** Clocks went back, and this hour of the day was there already. */
  #cameBefore(at: number, hour: number): boolean {
    return this.#calendar.at(at - HOUR_MS).hour === hour
  }

  /** Clocks went forward over an hour that is wanted: it is made up for in the one that follows. */
  #leftOut(at: number, hour: number): boolean {
    if (hour === 0 || this.#fields.everyHour) return false
    return this.#fields.hours.has(hour - 1) && this.#calendar.at(at - HOUR_MS).hour === hour - 2
  }

  /** When the next day begins. */
  #midnight(at: number): number {
    const { day, hour, minute } = this.#calendar.at(at)
    // Days have 23 to 25 hours, and some begin at one o'clock.
    for (let next = at + (24 - hour) * HOUR_MS - minute * MINUTE_MS - HOUR_MS; ; next += HOUR_MS / 2) {
      if (this.#calendar.at(next).day !== day) return next
    }
  }
}

function isAny(token: string): boolean {
  return token === '*' || token === '?'
}

interface Field {
  readonly name: string
  readonly first: number
  readonly last: number
}

function parseField(token: string, field: Field): Set<number> {
  const slash = token.indexOf('/')
  const base = slash < 0 ? token : token.slice(0, slash)
  const step = slash < 0 ? 1 : parseStep(token.slice(slash + 1), token, field)
  const values = new Set<number>()
  for (const part of base.split(',')) {
    const [from, to] = parsePart(part, token, field)
    for (let value = from; value <= to; value++) if (value % step === 0) values.add(value)
  }
  if (values.size === 0) throw invalid(token, field, 'no value is left')
  return values
}

function parsePart(part: string, token: string, field: Field): [number, number] {
  if (isAny(part)) return [field.first, field.last]
  const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part)
  if (match === null) throw invalid(token, field, `"${part}" is neither a number nor a range`)
  const from = Number(match[1])
  const to = match[2] === undefined ? from : Number(match[2])
  for (const value of [from, to]) {
    if (value < field.first || value > field.last) {
      throw invalid(token, field, `${value} is not within ${field.first} and ${field.last}`)
    }
  }
  if (from > to) throw invalid(token, field, `the range ${part} goes back`)
  return [from, to]
}

function parseStep(text: string, token: string, field: Field): number {
  if (/^\d{1,2}$/.test(text) && Number(text) > 0) return Number(text)
  throw invalid(token, field, `"${text}" is no step`)
}

function invalid(token: string, field: Field, why: string): MillraceError {
  return new MillraceError('SCHEDULE_INVALID', `the cron field ${field.name} "${token}": ${why}`)
}
