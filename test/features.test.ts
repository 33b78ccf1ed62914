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

/** The rows of the tables of one page: number, feature, state, perhaps a name in the API, and by what it is shown. */
function rowsOf(page: string, number: RegExp, named: boolean): readonly Row[] {
  return readFileSync(join(root, page), 'utf8')
    .split('\n')
    .filter((line) => number.test(line))
    .map((line) => {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      const [id = '', , state = ''] = cells
      const shown = cells[named ? 4 : 3] ?? ''
      const tests = [...shown.matchAll(/`([^`]+\.ts)`: “([^”]+)”/g)]
      assert.equal(tests.length, shown === '' ? 0 : shown.split('<br>').length, `cannot read what ${id} is shown by`)
      const shownBy = tests.map(([, file = '', title = '']) => ({ file, title }))
      return { number: id, state, name: named ? (cells[3] ?? '') : '', shownBy }
    })
}

test('docs/features.md has a row for each of the forty behaviours that are easy to get wrong', () => {
  assert.equal(rowsOf('docs/features.md', /^\| E\d+ /, false).length, 40)
})

const rows = rowsOf('docs/client/features.md', /^\| [A-Z]\d+ /, true)

test('docs/client/features.md has every feature of the client', () => {
  assert.equal(rows.length, 146)
})

for (const [page, features] of [
  ['docs/client/features.md', rows],
  ['docs/features.md', rowsOf('docs/features.md', /^\| [A-Z]?\d+ /, false)],
] as const) {
  test(`${page} has each feature once, with a state`, () => {
    assert.equal(new Set(features.map((row) => row.number)).size, features.length)
    for (const { number, state, shownBy } of features) {
      assert.match(state, /^(done|partly: .+|not yet(: .+)?|does not apply: .+)$/, number)
      if (state === 'done') assert.ok(shownBy.length > 0, `${number} is done, and no test shows it`)
      if (state.startsWith('not yet')) assert.equal(shownBy.length, 0, `${number} is not there yet`)
    }
  })

  test(`every test that ${page} names is in the file that it names`, () => {
    const missing: string[] = []
    for (const { number, shownBy } of features) {
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
}

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
