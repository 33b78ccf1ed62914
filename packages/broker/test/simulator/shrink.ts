import { type Outcome, type Plan, play, type Planned } from './history.ts'

/** Histories played for one that failed. */
const TRIES_MAX = 400

/** Leaves out whatever the failure does not need, larger pieces first. Any failure of the same kind will do. */
export async function shrink(failed: Outcome): Promise<Outcome> {
  let best = failed
  let tries = TRIES_MAX
  for (let size = best.plan.steps.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < best.plan.steps.length && tries > 0; tries--) {
      const shorter = await play(without(best.plan, at, size), false)
      if (sameKind(shorter.failure, failed.failure)) best = shorter
      else at += size
    }
  }
  return play(best.plan, true)
}

function without(plan: Plan, at: number, size: number): Plan {
  const steps: Planned[] = [...plan.steps.slice(0, at), ...plan.steps.slice(at + size)]
  return { seed: plan.seed, steps }
}

/** Numbers differ when steps are left out; the words do not. */
function sameKind(one: unknown, other: unknown): boolean {
  return one !== null && kindOf(one) === kindOf(other)
}

export function kindOf(failure: unknown): string {
  return String(failure)
    .replace(/ID:[^ ]*/g, 'ID')
    .replace(/\d+/g, 'N')
    .slice(0, 120)
}
