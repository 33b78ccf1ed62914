import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

interface Api {
  pages(): Map<string, string>
  undocumented(): string[]
}

const script = new URL('../../scripts/api.mjs', import.meta.url).href
const api = (await import(script)) as Api

test('every public name of the client and of the testing package has a doc comment', () => {
  assert.deepEqual(api.undocumented(), [])
})

test('the reference pages are what `node scripts/api.mjs` makes of the sources', () => {
  const pages = api.pages()
  for (const [path, text] of pages) {
    const there = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    assert.equal(there, text, `${path} is out of date: node scripts/api.mjs`)
  }
  const folder = readdirSync(new URL('../../docs/client/api/', import.meta.url)).map(
    (name) => `docs/client/api/${name}`,
  )
  assert.deepEqual(folder.sort(), [...pages.keys()].sort())
})
