// `npm run fuzz -- --inputs 200000 --target stomp`: made-up peers for a whole broker; MILLRACE_SEED repeats a run.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, install, root } from './prepare.mjs'

install()
await build()

const main = join(root, 'packages/broker/build/test/fuzz/main.js')
const player = spawn(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.on('SIGINT', () => {})
process.on('SIGTERM', () => player.kill('SIGTERM'))
player.on('exit', (code) => process.exit(code ?? 1))
