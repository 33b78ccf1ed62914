// `npm run crash-points`: a real broker is killed at every call of the disk in every script, as docs/simulator.md tells.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, install, root } from './prepare.mjs'

install()
await build()

const file = join(root, 'test/build/crash/points/points.test.js')
const runner = spawn(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', file], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MILLRACE_CRASH_POINTS: 'all' },
})
process.on('SIGINT', () => {})
process.on('SIGTERM', () => runner.kill('SIGTERM'))
runner.on('exit', (code) => process.exit(code ?? 1))
