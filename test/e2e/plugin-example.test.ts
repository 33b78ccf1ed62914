import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = new URL('../../../', import.meta.url)

test('the plugin in docs/plugins.md is examples/plugin.ts, and does what the page says', async () => {
  const [page, example] = await Promise.all(
    ['docs/plugins.md', 'examples/plugin.ts'].map((name) => readFile(new URL(name, root), 'utf8')),
  )
  const [, block = ''] = /```ts\n([^`]*?customers\(\): Plugin[\s\S]*?)```/.exec(page ?? '') ?? []
  assert.equal(block, (example ?? '').replace(/^\/\*\*.*\n/, ''))
  const file = fileURLToPath(new URL('examples/build/plugin.js', root))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file])
  assert.equal(stderr, '')
  assert.equal(stdout, 'an order names its customer\n1 order taken\n')
})
