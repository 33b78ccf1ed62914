import { decodePrimitiveMap, encodePrimitiveMap, MillraceError, type Primitive, PrimitiveTag } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import { property } from '../../message/properties.ts'

/** Names that clients of the model know, and ours. */
export const Name = {
  /** Long, ms before the first delivery. */
  Delay: 'AMQ_SCHEDULED_DELAY',
  /** Long, ms between two deliveries. */
  Period: 'AMQ_SCHEDULED_PERIOD',
  /** Int, deliveries after the first; -1 = without end. */
  Repeat: 'AMQ_SCHEDULED_REPEAT',
  /** Text, five fields. */
  Cron: 'AMQ_SCHEDULED_CRON',
  /** Long, ms since 1970: how clients of Artemis ask for a delay. */
  Delivery: '_AMQ_SCHED_DELIVERY',
  /** Set on what is delivered; a message that has it is not scheduled again. */
  JobId: 'scheduledJobId',
  /** Text, the sender's own name for what is scheduled. */
  Key: 'millraceScheduleKey',
  /** Text, the time zone of the cron expression. */
  Zone: 'millraceScheduleZone',
  Action: 'AMQ_SCHEDULER_ACTION',
  StartTime: 'ACTION_START_TIME',
  EndTime: 'ACTION_END_TIME',
  /** Boolean, on a request: an answer is wanted that says how many jobs it was about. */
  Answer: 'millraceScheduleAnswer',
  /** Int, in that answer. */
  Count: 'millraceScheduleCount',
  /** Long, on what a browse shows: when it is due, in ms since 1970. */
  DueTime: 'millraceScheduleTime',
} as const

/** What is taken off before delivery. */
export const SCHEDULING: readonly string[] = [
  Name.Delay,
  Name.Period,
  Name.Repeat,
  Name.Cron,
  Name.Delivery,
  Name.Key,
  Name.Zone,
]

const NEEDLE = 'AMQ_SCHED'

/** How far a look can jump when this byte stands where the needle would end. */
const jumps = new Uint8Array(256).fill(NEEDLE.length)
for (let i = 0; i < NEEDLE.length - 1; i++) jumps[NEEDLE.charCodeAt(i)] = NEEDLE.length - 1 - i
const LAST = NEEDLE.charCodeAt(NEEDLE.length - 1)

/**
 * A quick look at what every message that is to be scheduled, or is a request to the scheduler, has in it somewhere. All
 * messages with properties pass here: nine bytes at a time (Horspool), several times as fast as `indexOf`.
 */
export function mayConcern(properties: Buffer): boolean {
  const length = properties.length
  for (let end = NEEDLE.length - 1; end < length; ) {
    const byte = properties[end] as number
    if (byte === LAST && isNeedle(properties, end - NEEDLE.length + 1)) return true
    end += jumps[byte] as number
  }
  return false
}

function isNeedle(bytes: Buffer, start: number): boolean {
  for (let i = 0; i < NEEDLE.length; i++) if (bytes[start + i] !== NEEDLE.charCodeAt(i)) return false
  return true
}

/** A whole number, also as a text, as Java converts it; null when it is not there. Throws SCHEDULE_INVALID. */
export function wholeNumber(message: Message, name: string): number | null {
  const value = property(message, name)?.value ?? null
  if (value === null) return null
  const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value
  if (typeof number === 'bigint') return Number(number)
  if (typeof number === 'number' && Number.isInteger(number)) return number
  throw new MillraceError('SCHEDULE_INVALID', `${name} is ${shown(value)}, expected a whole number`)
}

export function text(message: Message, name: string): string | null {
  const value = property(message, name)?.value ?? null
  if (value === null || typeof value === 'string') return value
  throw new MillraceError('SCHEDULE_INVALID', `${name} is ${shown(value)}, expected a text`)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : typeof value
}

/** Properties that could be read before: without some, with others. */
export function change(message: Message, without: readonly string[], additions: ReadonlyMap<string, Primitive>): void {
  const map = (message.properties === null ? null : decodePrimitiveMap(message.properties)) ?? new Map()
  for (const name of without) map.delete(name)
  for (const [name, value] of additions) map.set(name, value)
  message.properties = encodePrimitiveMap(map)
}

export function long(value: number): Primitive {
  return { tag: PrimitiveTag.Long, value: BigInt(Math.trunc(value)) }
}
