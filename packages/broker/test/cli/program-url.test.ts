import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Chooser {
  programUrl(args: readonly string[]): string
}

const source = fileURLToPath(new URL('../../../bin/program.js', import.meta.url))

test('the program is taken from few files, from its modules when plugins come from outside or they are newer', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'millrace-program-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const at = (...parts: string[]): string => join(root, 'broker', ...parts)
  await mkdir(at('bin'), { recursive: true })
  await mkdir(at('build', 'program', 'cli'), { recursive: true })
  await writeFile(at('package.json'), '{"type":"module"}')
  await cp(source, at('bin', 'program.js'))
  const { programUrl } = (await import(at('bin', 'program.js'))) as Chooser
  assert.match(programUrl(['start']), /build\/src\/cli\/main\.js$/, 'nothing was put into few files')

  await writeFile(at('build', 'program', 'cli', 'main.js'), '')
  assert.match(programUrl(['start']), /build\/program\/cli\/main\.js$/)
  assert.match(programUrl(['start', '--plugin', './mine.js']), /build\/src\/cli\/main\.js$/)
  assert.match(programUrl(['start', '--config=broker.json']), /build\/src\/cli\/main\.js$/)

  const compiled = at('build', 'tsconfig.tsbuildinfo')
  await writeFile(compiled, '')
  const later = new Date(Date.now() + 60_000)
  await utimes(compiled, later, later)
  assert.match(programUrl(['start']), /build\/src\/cli\/main\.js$/, 'the modules are newer')
})
