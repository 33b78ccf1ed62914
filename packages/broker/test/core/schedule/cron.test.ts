import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '@millrace/base'
import { parseCron } from '../../../src/core/schedule/cron.ts'

function at(text: string): number {
  return Date.parse(text)
}

/** The first times after a moment, as UTC. */
function times(text: string, after: string, count = 1, zone: string | null = 'UTC'): string[] {
  const cron = parseCron(text, zone)
  const found: string[] = []
  for (let ms = at(after); found.length < count; ) {
    const next = cron.next(ms)
    if (next === null) break
    found.push(new Date(next).toISOString().slice(0, 16))
    ms = next
  }
  return found
}

describe('times by five fields', () => {
  const cases: [string, string, string[]][] = [
    ['* * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:01', '2026-01-01T00:02']],
    ['* * * * *', '2026-01-01T00:00:59.999Z', ['2026-01-01T00:01']],
    ['? ? ? ? ?', '2026-01-01T00:00:00Z', ['2026-01-01T00:01']],
    ['30 2 * * *', '2026-01-01T02:30:00Z', ['2026-01-02T02:30', '2026-01-03T02:30']],
    ['0 0 1 1 *', '2026-01-01T00:00:00Z', ['2027-01-01T00:00']],
    ['0 12 * * 0', '2026-01-01T00:00:00Z', ['2026-01-04T12:00', '2026-01-11T12:00']],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['0 0 31 * *', '2026-01-31T00:00:00Z', ['2026-03-31T00:00', '2026-05-31T00:00']],
    ['0,30 8-9 * * 1-5', '2026-01-02T09:30:00Z', ['2026-01-05T08:00', '2026-01-05T08:30', '2026-01-05T09:00']],
    // A step keeps what can be divided by it.
    ['*/25 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:25', '2026-01-01T00:50', '2026-01-01T01:00']],
    ['5-40/20 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:20', '2026-01-01T00:40', '2026-01-01T01:20']],
    // Both day fields restricted: one of them is enough.
    ['0 0 13 * 5', '2026-01-01T00:00:00Z', ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-13T00:00']],
    ['  0   0 1 1 ?  ', '2026-06-01T00:00:00Z', ['2027-01-01T00:00']],
  ]
  for (const [text, after, expected] of cases) {
    it(`"${text}" after ${after}`, () => assert.deepEqual(times(text, after, expected.length), expected))
  }

  it('a day that never comes is looked for in vain, and not for ever', () => {
    assert.equal(parseCron('0 0 31 2 *', 'UTC').next(at('2026-01-01T00:00:00Z')), null)
    assert.equal(parseCron('0 0 30 2 *', null).next(at('2026-01-01T00:00:00Z')), null)
  })

  it('random expressions give what trying every minute gives (seed 4)', () => {
    const random = seededRandom(4)
    const field = (first: number, last: number, stars: number): string => {
      if (random(10) < stars) return '*'
      const from = first + random(last - first + 1)
      if (random(3) === 0) return `${from}-${from + random(last - from + 1)}`
      return random(3) === 0 ? `${from},${first + random(last - first + 1)}` : `${from}`
    }
    for (let i = 0; i < 60; i++) {
      const fields = [field(0, 59, 3), field(0, 23, 4), field(1, 31, 6), field(1, 12, 9), field(0, 6, 6)]
      const text = fields.join(' ')
      const start = at('2026-02-20T00:00:00Z') + random(10_000_000)
      const found = parseCron(text, 'UTC').next(start)
      const limit = start + 10 * 86_400_000
      const expected = slowNext(fields, start, limit)
      assert.equal(found !== null && found <= limit ? found : null, expected, text)
    }
  })
})

/** Another way to the same: every minute is looked at. */
function slowNext(fields: string[], after: number, limit: number): number | null {
  const has = (field: string, value: number): boolean =>
    field === '*' ||
    field.split(',').some((part) => {
      const [from = '', to = from] = part.split('-')
      return value >= Number(from) && value <= Number(to)
    })
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string]
  for (let ms = (Math.floor(after / 60_000) + 1) * 60_000; ms <= limit; ms += 60_000) {
    const date = new Date(ms)
    if (!has(minute, date.getUTCMinutes()) || !has(hour, date.getUTCHours())) continue
    if (!has(month, date.getUTCMonth() + 1)) continue
    const byDay = has(day, date.getUTCDate())
    const byWeekday = has(weekday, date.getUTCDay())
    if (day === '*' || weekday === '*' ? byDay && byWeekday : byDay || byWeekday) return ms
  }
  return null
}

describe('time zones', () => {
  it('the hours are those of the zone', () => {
    assert.deepEqual(times('0 9 * * *', '2026-01-01T00:00:00Z', 2, 'America/New_York'), [
      '2026-01-01T14:00',
      '2026-01-02T14:00',
    ])
    assert.deepEqual(times('0 9 * * *', '2026-07-01T00:00:00Z', 1, 'Asia/Kolkata'), ['2026-07-01T03:30'])
  })

  it('a time that is left out in spring comes an hour later', () => {
    assert.deepEqual(times('30 2 * * *', '2026-03-28T00:00:00Z', 3, 'Europe/Berlin'), [
      '2026-03-28T01:30',
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ])
  })

  it('a time that comes twice in autumn fires once, and every hour is every hour', () => {
    assert.deepEqual(times('30 2 * * *', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin'), [
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
    assert.deepEqual(times('0 * * * *', '2026-10-24T23:30:00Z', 3, 'Europe/Berlin'), [
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
    ])
  })

  it('days that begin at one o’clock or have a half hour are days', () => {
    // Beirut: clocks went from 24:00 to 1:00.
    assert.deepEqual(times('15 1 * * *', '2026-03-28T12:00:00Z', 1, 'Asia/Beirut'), ['2026-03-28T22:15'])
    assert.deepEqual(times('0 3 * * *', '2026-04-04T12:00:00Z', 2, 'Australia/Lord_Howe'), [
      '2026-04-04T16:30',
      '2026-04-05T16:30',
    ])
  })
})

describe('what cannot be understood is refused', () => {
  const cases: [string, RegExp][] = [
    ['', /0 fields/],
    ['* * * *', /4 fields/],
    ['* * * * * *', /6 fields/],
    ['60 * * * *', /minute "60": 60 is not within 0 and 59/],
    ['* 24 * * *', /hour/],
    ['* * 0 * *', /day of the month/],
    ['* * 32 * *', /day of the month/],
    ['* * * 13 *', /month/],
    ['* * * * 7', /day of the week/],
    ['5-1 * * * *', /goes back/],
    ['a * * * *', /neither a number nor a range/],
    ['MON * * * *', /neither a number nor a range/],
    ['1, * * * *', /neither a number nor a range/],
    ['*/0 * * * *', /no step/],
    ['*/x * * * *', /no step/],
    ['1-2-3 * * * *', /neither/],
    ['1/7 * * * *', /no value is left/],
    [`${'1,'.repeat(600)}1 * * * *`, /1024 characters/],
  ]
  for (const [text, message] of cases) {
    it(`"${text.slice(0, 20)}"`, () => {
      assert.throws(() => parseCron(text, null), { code: 'SCHEDULE_INVALID', message })
    })
  }

  it('a time zone that does not exist', () => {
    assert.throws(() => parseCron('* * * * *', 'Mars/Olympus'), { code: 'SCHEDULE_INVALID' })
  })
})
