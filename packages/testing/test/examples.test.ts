import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = createRequire(import.meta.url)

/** The program of a test runner, which is there when the tools of this package are installed. */
function programOf(name: string, file: string): string | null {
  try {
    return join(dirname(packages.resolve(`${name}/package.json`)), file)
  } catch {
    return null
  }
}

async function passes(...args: string[]): Promise<string> {
  // The runner of these tests marks its children, and a runner that is marked does not run tests itself.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout, stderr } = await run(process.execPath, args, {
    cwd: root,
    env: { ...env, CI: 'true', NO_COLOR: '1' },
  })
  return stdout + stderr
}

test('the example for node:test runs', async () => {
  const output = await passes('--test', '--test-reporter=tap', join('build', 'examples', 'node.test.js'))
  assert.match(output, /^# pass 2$/m)
})

test('the example for Vitest runs', async (t) => {
  const vitest = programOf('vitest', 'vitest.mjs')
  if (vitest === null) return t.skip('Vitest is not installed')
  const output = await passes(vitest, 'run', 'examples/vitest.test.mjs')
  return assert.match(output, /Tests {2}2 passed/)
})

test('the example for Jest runs', async (t) => {
  const jest = programOf('jest', join('bin', 'jest.js'))
  if (jest === null) return t.skip('Jest is not installed')
  const settings = JSON.stringify({ testMatch: ['**/examples/jest.test.mjs'], transform: {} })
  const output = await passes('--experimental-vm-modules', jest, '--config', settings)
  return assert.match(output, /Tests: +2 passed/)
})
