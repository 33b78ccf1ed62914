// `npm test [-- part-of-a-path ...]`: installs and builds what is missing, then runs the compiled tests whose path holds
// one of the given parts; without any, all of them.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, sep } from 'node:path'
import { build, install, root, say } from './prepare.mjs'

install()
await build()

const parts = process.argv.slice(2)
const folders = readdirSync(join(root, 'packages')).map((name) => join('packages', name))
const files = [
  ...folders.flatMap((folder) => compiled(join(folder, 'build', 'test'), join(folder, 'test'))),
  ...compiled(join('test', 'build'), 'test'),
].filter((file) => parts.length === 0 || parts.some((part) => file.split(sep).join('/').includes(part)))

if (files.length === 0) {
  say(parts.length === 0 ? 'There are no tests.' : `No test file has ${parts.join(' or ')} in its path.`)
  process.exit(1)
}
say(`Running ${files.length} test ${files.length === 1 ? 'file' : 'files'} ...`)
const args = ['--enable-source-maps', '--test', '--test-reporter=spec']
const runner = spawn(
  process.execPath,
  [...args, `--test-concurrency=${Math.max(2, availableParallelism())}`, ...files],
  { cwd: root, stdio: 'inherit' },
)
// Ctrl-C reaches the tests too (they share the terminal); this process only waits for what they make of it.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => runner.kill('SIGTERM'))
runner.on('exit', (code) => process.exit(code ?? 1))

/** Compiled test files that still have a source: the compiler leaves the output of a removed one behind. */
function compiled(folder, sources) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => existsSync(join(root, sources, relative(folder, file).replace(/\.js$/, '.ts'))))
    .sort()
}
