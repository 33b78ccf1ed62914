/**
 * The tests that stomp.py carried in its package until version 4, those for the model's broker, on Millrace. The list of known failures
 * only gets shorter: a test that fails and is not on it is one, and so is one that passes and still is.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeCertificate } from '../src/certificate.ts'
import { startChild } from '../src/child.ts'
import type { Outcome } from '../src/conformance.ts'
import { root } from '../src/java.ts'
import { startMillrace } from '../src/millrace.ts'
import { pythonPackages, pythonSources } from '../src/stomp/python.ts'

/** The last version whose package holds them. */
const VERSION = '4.1.24'
const MODULES = [
  'activemq_test',
  'basic_test',
  'cli_test',
  'cli_ssl_test',
  'misc_test',
  'nonascii_test',
  's10_test',
  's11_test',
  's12_test',
  'ssl_test',
]
/** As many as they have; fewer means that some were never reached. */
const TESTS = 41

const { failures, leftOut } = JSON.parse(readFileSync(join(root, 'interop', 'stomp-py-expected.json'), 'utf8')) as {
  readonly failures: Readonly<Record<string, string>>
  readonly leftOut: Readonly<Record<string, string>>
}

describe(`the tests of stomp.py ${VERSION}`, () => {
  let outcomes: Outcome[] = []

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
    const access = join(folder, 'access.json')
    // They want to see a wrong password refused.
    const everything = { read: ['all'], write: ['all'], admin: ['all'] }
    const { hashPassword } = await import('millrace')
    const users = [{ name: 'admin', password: await hashPassword('password'), groups: ['all'] }]
    const permissions = ['queue://>', 'topic://>'].map((destination) => ({ destination, ...everything }))
    writeFileSync(access, JSON.stringify({ users, permissions }))
    const certificate = makeCertificate()
    const broker = await startMillrace({ also: { stomp: 0, 'stomp+ssl': 0 }, certificate, access })
    after(async () => {
      await broker.stop()
      certificate.remove()
      rmSync(folder, { recursive: true, force: true })
    })
    const ports = [broker.also['stomp'] ?? '', broker.also['stomp+ssl'] ?? ''].map((url) => new URL(url).port)
    const [port = '', sslPort = ''] = ports
    outcomes = await run(port, sslPort)
    if (outcomes.every(({ passed, test }) => passed || failures[test] !== undefined)) return
    // They wait for fixed times and listen on fixed ports of their own: what passes the second time was not our doing.
    const second = new Set((await run(port, sslPort)).filter(({ passed }) => passed).map(({ test }) => test))
    outcomes = outcomes.map((one) => (second.has(one.test) ? { ...one, passed: true } : one))
  })

  it(`runs all ${TESTS} tests`, (context) => {
    context.diagnostic(`${outcomes.filter(({ passed }) => passed).length} of ${outcomes.length} tests pass`)
    assert.equal(outcomes.length, TESTS)
  })

  it('fails nowhere but where it is expected to', () => {
    assert.deepEqual(
      outcomes.filter(({ passed, test }) => !passed && failures[test] === undefined),
      [],
    )
  })

  it('expects no failure of a test that passes, or that there is none of', () => {
    const failed = new Set(outcomes.filter(({ passed }) => !passed).map(({ test }) => test))
    assert.deepEqual(
      Object.keys(failures).filter((test) => !failed.has(test)),
      [],
      'take these out of stomp-py-expected.json',
    )
  })
})

async function run(port: string, sslPort: string): Promise<Outcome[]> {
  const sources = join(await pythonSources(`stomp-py==${VERSION}`), `stomp.py-${VERSION}`)
  const child = startChild(
    'python3',
    [
      '-W',
      'ignore',
      join(root, 'interop', 'python', 'stomp_suite.py'),
      ...MODULES,
      ...Object.keys(leftOut).map((name) => `-${name}`),
    ],
    {
      cwd: sources,
      env: {
        ...process.env,
        PYTHONPATH: [sources, await pythonPackages('docopt-ng==0.9.0')].join(delimiter),
        STD_HOST: '127.0.0.1',
        STD_PORT: port,
        STD_SSL_PORT: sslPort,
        STD_USER: 'admin',
        STD_PASSWORD: 'password',
        // One of them was written beside another broker, and is of the model's maps all the same.
        RABBITMQ_HOST: '127.0.0.1',
        RABBITMQ_PORT: port,
        RABBITMQ_USER: 'admin',
        RABBITMQ_PASSWORD: 'password',
      },
    },
  )
  const outcomes: Outcome[] = []
  child.onLine((line) => outcomes.push(line as unknown as Outcome))
  const code = await child.ended
  if (code !== 0) throw new Error(`The tests ended with ${code}:\n${child.said()}`)
  return outcomes
}
