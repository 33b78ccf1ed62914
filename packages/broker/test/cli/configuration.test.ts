import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { millrace, startBroker, temporaryDirectory } from './program.ts'

async function fileWith(content: string): Promise<string> {
  const path = join(await temporaryDirectory(), 'millrace.json')
  await writeFile(path, content)
  return path
}

test('start --config takes policies, virtual destinations and start-up destinations from a file', async (t) => {
  const config = await fileWith(
    JSON.stringify({
      policies: [{ destination: 'X.>', policy: { maxDestinations: 0 } }],
      virtualDestinations: { composites: [{ name: 'IN', forwardTo: ['OUT.1', 'OUT.2'] }] },
      destinations: ['ORDERS'],
    }),
  )
  const { url } = await startBroker(t, ['--memory', '--config', config])
  await millrace(['produce', '--broker', url, 'queue://IN', 'one'])
  for (const name of ['OUT.1', 'OUT.2']) {
    const { stdout } = await millrace(['consume', '--broker', url, `queue://${name}`, '--count', '1'])
    assert.equal(stdout, 'one\n')
  }
  const { code, stderr } = await millrace(['produce', '--broker', url, 'queue://X.1', 'one'])
  assert.equal(code, 1)
  assert.match(stderr, /LIMIT_REACHED|its limit/)
})

test('a configuration that is wrong ends with code 2, the file, the place and a hint', async () => {
  const config = await fileWith('{"policies": [{"destination": "A", "policy": {"maxDestination": 1}}]}')
  const { code, stderr } = await millrace([
    'start',
    '--memory',
    '--listen',
    'openwire://127.0.0.1:0',
    '--config',
    config,
  ])
  assert.equal(code, 2)
  assert.match(stderr, /^millrace: CONFIGURATION_INVALID: .*millrace\.json: policies\[0\]\.policy\.maxDestination: /)
  assert.match(stderr, /did you mean maxDestinations\?/)
  const missing = await millrace(['start', '--memory', '--config', join(config, 'none')])
  assert.equal(missing.code, 2)
  assert.match(missing.stderr, /none: /)
  // What only the broker knows to be wrong.
  const impossible = await fileWith('{"destinations": ["A.>"]}')
  const refused = await millrace(['start', '--memory', '--listen', 'openwire://127.0.0.1:0', '--config', impossible])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /queue:\/\/A\.> cannot be made at start/)
})
