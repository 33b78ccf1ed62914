import { MillraceError } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import type { Schedule } from '../../message/schedule.ts'
import type { Limits } from '../limits.ts'
import { parseCron } from './cron.ts'
import { Name, text, wholeNumber } from './properties.ts'

/** The latest moment that a date can be. */
const TIME_MAX = 8.64e15

/** UTF-16 units. */
const KEY_LENGTH_MAX = 255

/**
 * What a message asks for by its properties, not begun yet; null: it is to be delivered at once. Throws
 * SCHEDULE_INVALID.
 */
export function planOf(message: Message, limits: Limits, nowMs: number): Schedule | null {
  const delay = wholeNumber(message, Name.Delay)
  const period = wholeNumber(message, Name.Period)
  const repeat = wholeNumber(message, Name.Repeat)
  const cron = text(message, Name.Cron)
  const delivery = wholeNumber(message, Name.Delivery) ?? 0
  if (delay === null && period === null && repeat === null && cron === null && delivery === 0) return null
  if (text(message, Name.JobId) !== null) return null
  const repeats = Math.max(-1, repeat ?? 0)
  const periodMs = Math.max(0, period ?? 0)
  const delayMs = delay === null && delivery > 0 ? Math.max(0, delivery - nowMs) : Math.max(0, delay ?? 0)
  if (repeats > limits.scheduleRepeatsMax) {
    throw new MillraceError(
      'SCHEDULE_INVALID',
      `${Name.Repeat} is ${repeats}, at most ${limits.scheduleRepeatsMax} are allowed`,
    )
  }
  if (repeats === -1 && periodMs === 0) {
    throw new MillraceError('SCHEDULE_INVALID', `${Name.Repeat} is ${repeat}: without end, and without ${Name.Period}`)
  }
  if (nowMs + delayMs + periodMs > TIME_MAX) {
    throw new MillraceError('SCHEDULE_INVALID', `a message is to wait for ${delayMs + periodMs} ms, which never comes`)
  }
  const key = text(message, Name.Key)
  if (key !== null && (key === '' || key.length > KEY_LENGTH_MAX)) {
    throw new MillraceError('SCHEDULE_INVALID', `${Name.Key} has 1 to ${KEY_LENGTH_MAX} characters, got ${key.length}`)
  }
  const zone = text(message, Name.Zone)
  const expression = cron === null || cron.trim() === '' ? null : cron
  // What it says is refused here; when it begins is another matter.
  if (expression !== null) firstOf(expression, zone, nowMs)
  return { id: message.id, key, dueMs: 0, delayMs, periodMs, repeats, cron: expression, zone }
}

/** The same, with its first firing. Without a delay a series begins with its period, as in the model. */
export function begun(plan: Schedule, nowMs: number): Schedule {
  if (plan.cron !== null) return { ...plan, dueMs: firstOf(plan.cron, plan.zone, nowMs) }
  return { ...plan, dueMs: nowMs + (plan.delayMs > 0 ? plan.delayMs : plan.periodMs) }
}

/** Whether each time of its cron expression begins a series, instead of being a delivery itself. */
export function beginsSeries({ cron, delayMs, periodMs, repeats }: Schedule): boolean {
  return cron !== null && (delayMs > 0 || periodMs > 0 || repeats !== 0)
}

/** The series that begins with one time of a cron expression. */
export function seriesOf(schedule: Schedule, id: string, nowMs: number): Schedule {
  return begun({ ...schedule, id, key: null, cron: null, zone: null }, nowMs)
}

/**
 * What follows on a firing; null: nothing. What was missed meanwhile is not made up for, but counted repeats are not
 * lost: they go on a period apart. `lateMs`: how late this one is, by a clock that does not jump.
 */
export function followingOf(schedule: Schedule, lateMs: number, nowMs: number): Schedule | null {
  if (schedule.cron !== null) {
    const dueMs = parseCron(schedule.cron, schedule.zone).next(Math.max(nowMs, schedule.dueMs))
    return dueMs === null ? null : { ...schedule, dueMs }
  }
  if (schedule.repeats === 0) return null
  const { periodMs } = schedule
  const repeats = schedule.repeats < 0 ? -1 : schedule.repeats - 1
  const dueMs = nowMs + periodMs - (lateMs < periodMs ? lateMs : 0)
  return { ...schedule, dueMs, repeats }
}

function firstOf(cron: string, zone: string | null, nowMs: number): number {
  const dueMs = parseCron(cron, zone).next(nowMs)
  if (dueMs === null) {
    throw new MillraceError('SCHEDULE_INVALID', `"${cron}" never comes within the next ten years`)
  }
  return dueMs
}
