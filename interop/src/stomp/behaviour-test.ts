/** A behaviour as a test: held to what is said of it, or to the known way in which a broker differs. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type StompDeviation, stompDeviations } from './deviations.ts'
import type { StompParty, StompVersion } from './wire.ts'

/** A broker on which the list runs. */
export interface StompSubject {
  readonly name: string
  readonly system: string
}

export function stompTest(
  { system }: StompSubject,
  { name: library, cannot }: StompParty,
  version: StompVersion,
): (title: string, body: () => Promise<void>) => void {
  return (title, body) => {
    const unseen = cannot[title]
    if (unseen !== undefined && (unseen.versions?.includes(version) ?? true)) {
      it(title, { skip: unseen.why }, () => {})
      return
    }
    const deviation = stompDeviations.find(
      (one) =>
        one.system === system &&
        one.title === title &&
        (one.versions?.includes(version) ?? true) &&
        (one.libraries?.some((part) => library.includes(part)) ?? true),
    )
    it(title, () => (deviation === undefined ? body() : deviates(body(), deviation)))
  }
}

async function deviates(body: Promise<void>, { seen }: StompDeviation): Promise<void> {
  try {
    await body
  } catch (error) {
    const { name, message } = error as Error
    assert.match(`${name}: ${message}`, seen, 'it differs in another way than the one known')
    return
  }
  assert.fail('It works now: the table of deviations should say so no more.')
}
