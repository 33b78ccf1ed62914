import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CODES } from '@millrace/base'

function page(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
}

test('docs/errors.md has a paragraph for every code, and for no other', () => {
  const headings = [...page('docs/errors.md').matchAll(/^### (.+)$/gm)].map((match) => match[1] ?? '')
  assert.deepEqual([...headings].sort(), [...CODES].sort())
})

test('docs/hot-path.md names files that exist, and the functions it names are in them', () => {
  const rows = [...page('docs/hot-path.md').matchAll(/^\| *\d+ *\| *`([^`]+)` *\| *([^|]+?) *\|$/gm)]
  assert.ok(rows.length >= 15, `the table of the hot path has only ${rows.length} rows`)
  for (const [, file = '', text = ''] of rows) {
    const source = page(`packages/${file}`)
    for (const [, name = ''] of text.matchAll(/`([A-Za-z]+)\(/g)) {
      assert.ok(source.includes(`${name}(`), `docs/hot-path.md says that ${file} has ${name}()`)
    }
  }
})

test('the ten lines of the README are examples/hello.ts, which the examples test runs', () => {
  const [, block = ''] = /```ts\n([^`]*)```/.exec(page('README.md')) ?? []
  assert.equal(
    block,
    page('examples/hello.ts').replace("process.argv[2] ?? 'tcp://127.0.0.1:61616'", "'tcp://127.0.0.1:61616'"),
  )
})

test('links between the pages lead somewhere', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md']
  for (const folder of ['docs', 'docs/adr', 'docs/client', 'docs/client/api', 'docs/protocols']) {
    for (const name of readdirSync(new URL(`../../${folder}/`, import.meta.url))) {
      if (name.endsWith('.md')) pages.push(`${folder}/${name}`)
    }
  }
  const dead: string[] = []
  for (const name of pages) {
    for (const [, target = ''] of page(name).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      if (!existsSync(new URL(target, new URL(`../../${name}`, import.meta.url)))) dead.push(`${name}: ${target}`)
    }
  }
  assert.deepEqual(dead, [])
})

for (const other of ['stompit', 'stompjs', 'rhea']) {
  test(`what docs/client/coming-from-${other}.md shows is in its example, which the examples test runs`, () => {
    const example = trimmed(page(`examples/coming-from-${other}.ts`).replace('process.argv[2] ?? ', ''))
    const blocks = [...page(`docs/client/coming-from-${other}.md`).matchAll(/```ts\n([^`]*(?:`[^`]+)*?)```/g)]
    assert.ok(blocks.length >= 7, `only ${blocks.length} blocks`)
    for (const [, block = ''] of blocks) assert.ok(example.includes(trimmed(block)), `not in the example:\n${block}`)
  })
}

/** Without the indentation, and without what stands between blocks. */
function trimmed(text: string): string {
  return text.replaceAll(/^\s+|\s+$/gm, '')
}
