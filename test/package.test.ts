import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as imported from '@millrace/client'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the client depends on nothing but its own packages, and brings its declarations', () => {
  for (const name of ['client', 'openwire', 'base']) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      type: string
      dependencies?: Record<string, string>
      exports: { '.': { types: string } }
    }
    const foreign = Object.keys(manifest.dependencies ?? {}).filter((one) => !one.startsWith('@millrace/'))
    assert.deepEqual(foreign, [], name)
    assert.equal(manifest.type, 'module')
    assert.match(manifest.exports['.'].types, /\.d\.ts$/)
  }
})

test('CommonJS code requires the same client that modules import', (t) => {
  if (!('require_module' in process.features)) {
    t.skip('this version of Node does not require modules yet')
    return
  }
  const required = createRequire(import.meta.url)('@millrace/client') as typeof imported
  assert.equal(required.ConnectionFactory, imported.ConnectionFactory)
})
