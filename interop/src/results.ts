/** What became of each behaviour, one JSON line each, in the file that MILLRACE_RESULTS names. Without it nothing is written. */
import { appendFileSync } from 'node:fs'
import { env } from 'node:process'
import type { System } from './deviations.ts'

/** A broker of which results are told. */
export interface Subject {
  readonly system: System
  readonly version: string
}

export interface Result extends Subject {
  readonly behaviour: string
  /** `differs`: as the table of deviations says. */
  readonly outcome: 'works' | 'differs' | 'fails'
}

export function record(result: Result): void {
  const file = env['MILLRACE_RESULTS']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`)
}
