// `npm run compatibility`: runs our client on every broker and writes docs/compatibility.md from the results, and docs/stomp-clients.md. `-- results.jsonl`
// takes the results of a run that was made before, with MILLRACE_RESULTS naming the file.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, install, root, say } from './prepare.mjs'

install()
await build()
const { page, pageFile } = await import('../interop/build/src/compatibility.js')
const results = process.argv[2] ?? run()
const lines = readFileSync(results, 'utf8').trim().split('\n')
try {
  writeFileSync(pageFile, page(lines.map((line) => JSON.parse(line))))
} catch (error) {
  say(error.message)
  process.exit(1)
}
const { stompPage, stompPageFile } = await import('../interop/build/src/stomp/page.js')
writeFileSync(stompPageFile, stompPage())
say(`Wrote ${pageFile} and ${stompPageFile}.`)

function run() {
  const file = join(root, '.cache', 'compatibility.jsonl')
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(file, { force: true })
  const names = ['client-on-millrace', 'client-on-activemq', 'client-on-artemis', 'failover']
  const files = names.map((name) => join('interop', 'build', 'test', `${name}.test.js`))
  const args = [
    '--enable-source-maps',
    '--test',
    '--test-reporter=spec',
    '--test-concurrency=1',
    '--test-timeout=300000',
  ]
  const env = { ...process.env, MILLRACE_RESULTS: file }
  const { status } = spawnSync(process.execPath, [...args, ...files], { cwd: root, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
  return file
}
