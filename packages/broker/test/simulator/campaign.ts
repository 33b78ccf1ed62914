import { type Outcome, planOf, play } from './history.ts'
import { shrink } from './shrink.ts'

export interface Tally {
  histories: number
  events: number
  lifetimes: number
  messages: number
  failed: Report[]
}

/** What can be handed from one thread to another. */
export interface Report {
  readonly seed: number
  readonly what: string
  /** What happened, of the shortest history that was found to fail the same way. */
  readonly trace: readonly string[]
}

/** Failures that are looked into; there are no others worth the time before these are mended. */
const FAILURES_MAX = 5

/** Lines of a trace that are shown, the last ones. */
const LINES_MAX = 200

/** Plays `count` histories from `seed` on. `msMax`: no history begins later than that. */
export async function campaign(
  seed: number,
  count: number,
  stride: number,
  now: () => number,
  msMax: number = Number.POSITIVE_INFINITY,
): Promise<Tally> {
  const tally: Tally = { histories: 0, events: 0, lifetimes: 0, messages: 0, failed: [] }
  const begun = now()
  const stray = watchRejections()
  try {
    for (let i = 0; i < count && now() - begun < msMax; i += stride) {
      const outcome = await play(planOf(seed + i), false)
      tally.histories++
      tally.events += outcome.events
      tally.lifetimes += outcome.lifetimes
      tally.messages += outcome.messages
      const failure = outcome.failure ?? stray.take()
      if (failure === null) continue
      tally.failed.push(await reportOf({ ...outcome, failure }))
      stray.take()
      if (tally.failed.length >= FAILURES_MAX) break
    }
  } finally {
    stray.end()
  }
  return tally
}

export async function reportOf(outcome: Outcome): Promise<Report> {
  const shortest = outcome.plan.steps.length > 0 ? await shrink(outcome) : outcome
  const { failure } = shortest
  const cause = failure instanceof Error && failure.cause !== undefined ? `\n${String(failure.cause)}` : ''
  const what = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure ?? outcome.failure)
  return { seed: outcome.plan.seed, what: what + cause, trace: shortest.trace.slice(-LINES_MAX) }
}

/** A promise of the broker that nobody waits for fails: that is a violation as well. */
function watchRejections(): { take(): unknown; end(): void } {
  let found: unknown = null
  const note = (error: unknown): void => {
    found ??= error
  }
  process.on('unhandledRejection', note)
  return {
    take: () => {
      const taken = found
      found = null
      return taken
    },
    end: () => process.off('unhandledRejection', note),
  }
}

export function textOf(report: Report): string {
  return [
    `seed ${report.seed}`,
    ...report.trace.map((line) => `  ${line}`),
    report.what,
    `again, whole: npm run simulate -- --seed ${report.seed} --trace`,
  ].join('\n')
}
