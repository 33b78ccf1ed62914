/**
 * The tests that the library stomp of Ruby has in its gem, on Millrace, in each version of STOMP. They know of some brokers what these do
 * their own way; here they take Millrace for the model, since a message that is refused becomes a dead letter.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeCertificate } from '../src/certificate.ts'
import { startChild } from '../src/child.ts'
import type { Outcome } from '../src/conformance.ts'
import type { RunningBroker } from '../src/broker.ts'
import { root } from '../src/java.ts'
import { startMillrace } from '../src/millrace.ts'
import { GEM_VERSION, stompGem } from '../src/stomp/ruby.ts'

const FILES = ['anonymous', 'client', 'codec', 'connection', 'connection1p', 'message', 'ssl', 'urlogin']
/** As many as they have; fewer means that some were never reached. */
const VARIANTS = [
  { title: 'STOMP 1.0', tests: 110, environment: {} },
  { title: 'STOMP 1.1', tests: 125, environment: { STOMP_TEST11p: '1.1' } },
  { title: 'STOMP 1.2', tests: 125, environment: { STOMP_TEST11p: '1.2' } },
  { title: 'STOMP 1.2, STOMP for CONNECT', tests: 125, environment: { STOMP_TEST11p: '1.2', STOMP_CONN: 'yes' } },
  { title: 'STOMP 1.2, CR before LF', tests: 125, environment: { STOMP_TEST11p: '1.2', STOMP_CRLF: 'yes' } },
] as const

const gem = await stompGem()
const skip =
  gem === null && 'The tests are in the gem, and RubyGems cannot be reached; MILLRACE_STOMP_GEM may name a copy.'

describe(`the tests of Ruby's stomp ${GEM_VERSION}`, { skip }, () => {
  const certificate = makeCertificate()
  let broker: RunningBroker | null = null
  let ports: readonly string[] = []

  before(async () => {
    broker = await startMillrace({ also: { stomp: 0, 'stomp+ssl': 0 }, certificate })
    ports = [broker.also['stomp'], broker.also['stomp+ssl']].map((url) => new URL(url ?? '').port)
  })

  after(async () => {
    await broker?.stop()
    certificate.remove()
  })

  for (const { title, tests, environment } of VARIANTS) {
    it(`${title}: all ${tests} pass`, async () => {
      let outcomes = await run(gem ?? '', ports, environment)
      // Now and then a thread of theirs is still reading when they close its socket: what passes the second time was not our doing.
      if (outcomes.some(({ passed }) => !passed)) {
        const second = new Set(
          (await run(gem ?? '', ports, environment)).filter(({ passed }) => passed).map(({ test }) => test),
        )
        outcomes = outcomes.map((one) => (second.has(one.test) ? { ...one, passed: true } : one))
      }
      assert.deepEqual(
        outcomes.filter(({ passed }) => !passed),
        [],
      )
      assert.equal(outcomes.length, tests)
    })
  }
})

async function run(folder: string, [port, sslPort]: readonly string[], more: object): Promise<Outcome[]> {
  // They leave files behind where they are.
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
  const script = join(root, 'interop', 'ruby', 'stomp_suite.rb')
  const child = startChild('ruby', ['-W0', script, folder, ...FILES.map((name) => `test_${name}`)], {
    cwd,
    env: {
      ...process.env,
      STOMP_HOST: '127.0.0.1',
      STOMP_PORT: port,
      STOMP_SSLPORT: sslPort,
      STOMP_TESTSSL: 'yes',
      STOMP_AMQ11: 'yes',
      ...more,
    },
  })
  const outcomes: Outcome[] = []
  child.onLine((line) => outcomes.push(line as unknown as Outcome))
  const code = await child.ended
  rmSync(cwd, { recursive: true, force: true })
  if (code !== 0) throw new Error(`The tests ended with ${code}:\n${child.said()}`)
  return outcomes
}
