import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the names in the last column of docs/names.md are names of the client', () => {
  const folder = join(root, 'packages/client/src')
  const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const page = readFileSync(join(root, 'docs/names.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| -'))
  assert.ok(rows.length > 60, `the tables have only ${rows.length} rows`)
  const missing = new Set<string>()
  for (const row of rows) {
    const last = row.split('|').at(-2) ?? ''
    for (const [, code = ''] of last.matchAll(/`([^`]+)`/g)) {
      // Without texts in quotes, key words and what stands for a value.
      for (const [name] of code.replaceAll(/'[^']*'/g, '').matchAll(/[A-Za-z]\w+/g)) {
        if (['for', 'await', 'const', 'of', 'new', 'ms'].includes(name)) continue
        if (!new RegExp(`\\b(?:${name}|jms${name.slice(3)})\\b`).test(source)) missing.add(name)
      }
    }
  }
  assert.deepEqual([...missing], [])
})
