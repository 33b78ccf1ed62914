// `npm run interop [-- part-of-a-name ...]`: installs and builds what is missing, the Java programs too, then runs the interop tests
// whose file name holds one of the given parts; without any, all of them. Needs Java 17, Maven, Python
// with pip, and Ruby with its library stomp, which tests install on Debian.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build, install, root, say } from './prepare.mjs'

for (const [command, option] of [
  ['java', '-version'],
  ['mvn', '--version'],
]) {
  if (spawnSync(command, [option]).status !== 0) {
    say(`The interop tests need Java 17 and Maven; "${command}" does not run here.`)
    process.exit(1)
  }
}
install()
await build()
const { classPath, projects } = await import('../interop/build/src/java.js')
try {
  for (const project of projects) await classPath(project, say)
} catch (error) {
  say(error.message)
  process.exit(1)
}

const parts = process.argv.slice(2)
const sources = join(root, 'interop', 'test')
const files = readdirSync(join(root, 'interop', 'build', 'test'))
  .filter((name) => name.endsWith('.test.js') && existsSync(join(sources, name.replace(/\.js$/, '.ts'))))
  .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
  .sort()
if (files.length === 0) {
  say(`No interop test has ${parts.join(' or ')} in its name.`)
  process.exit(1)
}
say(
  `Running ${files.length} interop ${files.length === 1 ? 'file' : 'files'}, one after another: each has brokers of its own ...`,
)
// A campaign takes as long as it takes.
const timeout = process.env.MILLRACE_KILLS === undefined ? 300_000 : 0
const args = [
  '--enable-source-maps',
  '--test',
  '--test-reporter=spec',
  '--test-concurrency=1',
  `--test-timeout=${timeout}`,
]
const runner = spawn(process.execPath, [...args, ...files.map((name) => join('interop', 'build', 'test', name))], {
  cwd: root,
  stdio: 'inherit',
})
process.on('SIGINT', () => {})
process.on('SIGTERM', () => runner.kill('SIGTERM'))
runner.on('exit', (code) => process.exit(code ?? 1))
