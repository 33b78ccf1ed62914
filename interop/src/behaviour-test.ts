/** A behaviour as a test: held to what is said of it, or to the known way in which a broker differs; and its result is told. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Deviation, deviations } from './deviations.ts'
import { type Result, record, type Subject } from './results.ts'

export type BehaviourTest = (title: string, body: () => Promise<void>) => void

/** `subject`: the broker, whose deviations are expected and whose results are told. Without it everything has to be as said. */
export function behaviourTest(subject: Subject | null): BehaviourTest {
  const known = subject === null ? {} : deviations[subject.system]
  return (title, body) => {
    const deviation = known[title]
    it(title, async () => {
      let outcome: Result['outcome'] = 'fails'
      try {
        if (deviation === undefined) await body()
        else await deviates(body(), deviation)
        outcome = deviation === undefined ? 'works' : 'differs'
      } finally {
        if (subject !== null) {
          record({ system: subject.system, version: subject.version, behaviour: title, outcome })
        }
      }
    })
  }
}

/** Some of what cannot come is waited for without an end. */
const PATIENCE_MS = 30_000

/** The behaviour must fail, in the way that is known. */
async function deviates(body: Promise<void>, { seen }: Deviation): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
  })
  try {
    await Promise.race([body, patience])
  } catch (error) {
    const { name, message } = error as Error
    assert.match(`${name}: ${message}`, seen, 'it differs in another way than the one known')
    return
  } finally {
    clearTimeout(timer)
  }
  assert.fail('It works now: the table of deviations should say so no more.')
}
