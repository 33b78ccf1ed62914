import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Row {
  readonly number: string
  readonly state: string
  readonly name: string
  readonly shownBy: readonly { readonly file: string; readonly title: string }[]
}

const rows: readonly Row[] = readFileSync(join(root, 'docs/client/features.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-Z]\d+ /.test(line))
  .map((line) => {
    const [, number = '', , state = '', name = '', shown = ''] = line.split('|').map((cell) => cell.trim())
    const tests = [...shown.matchAll(/`([^`]+\.ts)`: “([^”]+)”/g)]
    assert.equal(tests.length, shown === '' ? 0 : shown.split('<br>').length, `cannot read what ${number} is shown by`)
    return { number, state, name, shownBy: tests.map(([, file = '', title = '']) => ({ file, title })) }
  })

test('docs/client/features.md has every feature once, with a state', () => {
  const numbers = rows.map((row) => row.number)
  assert.equal(numbers.length, 146)
  assert.equal(new Set(numbers).size, numbers.length)
  for (const { number, state, shownBy } of rows) {
    assert.match(state, /^(done|partly: .+|not yet(: .+)?)$/, number)
    if (state === 'done') assert.ok(shownBy.length > 0, `${number} is done, and no test shows it`)
    if (state.startsWith('not yet')) assert.equal(shownBy.length, 0, `${number} is not there yet`)
  }
})

test('every test that docs/client/features.md names is in the file that it names', () => {
  const missing: string[] = []
  for (const { number, shownBy } of rows) {
    for (const { file, title } of shownBy) {
      const path = join(root, file)
      const source = existsSync(path) ? readFileSync(path, 'utf8') : ''
      // A call with this title, in whatever quotes; a title with values in it stands there as its template.
      const call = new RegExp(`\\b(?:it|test)\\(\\s*(['"\`])${escaped(title)}\\1`)
      if (!call.test(source)) missing.push(`${number}: ${file}: ${title}`)
    }
  }
  assert.deepEqual(missing, [])
})

test('the names in docs/client/features.md are names of the client, of the test broker or of the command line', () => {
  const source = ['packages/client/src', 'packages/testing/src', 'packages/broker/src/cli'].map(sourceOf).join('\n')
  const missing: string[] = []
  for (const { number, name } of rows) {
    for (const [word] of name.replaceAll(/'[^']*'/g, '').matchAll(/\w{3,}/g)) {
      if (!new RegExp(`\\b${word}\\b`).test(source)) missing.push(`${number}: ${word}`)
    }
  }
  assert.deepEqual(missing, [])
})

function sourceOf(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
