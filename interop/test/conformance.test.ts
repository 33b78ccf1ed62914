/**
 * The public JMS conformance tests on Millrace. The list of known failures only gets shorter: the suite fails for a test that fails
 * and is not on it, and for one that passes and still is.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { conform, type Outcome } from '../src/conformance.ts'
import { root } from '../src/java.ts'
import { startMillrace } from '../src/millrace.ts'

/** As many as the published tests have; fewer means that some were never reached. */
const TESTS = 196

const { failures } = JSON.parse(readFileSync(join(root, 'interop', 'conformance-expected.json'), 'utf8')) as {
  failures: Readonly<Record<string, string>>
}

describe('JMS conformance through the Java client', () => {
  let outcomes: Outcome[] = []

  before(async () => {
    const broker = await startMillrace()
    after(() => broker.stop())
    outcomes = await conform(broker.url)
  })

  it(`runs all ${TESTS} tests`, () => {
    assert.equal(outcomes.length, TESTS)
  })

  it('fails nowhere but where it is expected to', (context) => {
    const wrong = outcomes.filter((outcome) => !outcome.passed && failures[outcome.test] === undefined)
    context.diagnostic(
      `${outcomes.filter((outcome) => outcome.passed).length} of ${outcomes.length} conformance tests pass`,
    )
    assert.deepEqual(wrong, [])
  })

  it('expects no failure of a test that passes', () => {
    const passed = outcomes.filter((outcome) => outcome.passed && failures[outcome.test] !== undefined)
    assert.deepEqual(passed, [], 'take these out of conformance-expected.json')
  })

  it('expects failures only of tests that exist', () => {
    const unknown = Object.keys(failures).filter((name) => !outcomes.some((outcome) => outcome.test === name))
    assert.deepEqual(unknown, [])
  })
})
