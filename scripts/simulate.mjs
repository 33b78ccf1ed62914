// `npm run simulate -- --histories 20000 --seed 1`: random histories of a whole broker, as docs/simulator.md tells.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, install, root } from './prepare.mjs'

install()
await build()

const main = join(root, 'packages/broker/build/test/simulator/main.js')
const player = spawn(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.on('SIGINT', () => {})
process.on('SIGTERM', () => player.kill('SIGTERM'))
player.on('exit', (code) => process.exit(code ?? 1))
