// `npm run check`: types, lint, format, packages. Each step says what it does; the first that fails ends the run.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

const steps = [
  ['types', bin('tsc'), ['-b']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['format', bin('biome'), ['format']],
  ...['base', 'openwire', 'client', 'broker', 'testing'].map((name) => [
    `package ${name}`,
    bin('publint'),
    ['run', `packages/${name}`, '--strict'],
  ]),
]

for (const [name, command, args] of steps) {
  const started = performance.now()
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined || status !== 0) {
    console.error(`check: ${name} failed${error === undefined ? '' : `: ${error.message}`}`)
    process.exit(1)
  }
  console.log(`check: ${name} ok (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}
