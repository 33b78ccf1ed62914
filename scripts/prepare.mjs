// What `npm start` and `npm test` share: installs and builds what is missing, and says so. Needs nothing but Node and npm.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stampFile = join(root, '.cache', 'built')
const programFile = join(root, 'packages', 'broker', 'build', 'program', 'cli', 'main.js')

/** Installs when node_modules is missing or older than the lock file. */
export function install() {
  const installed = modified(join(root, 'node_modules', '.package-lock.json'))
  if (installed > 0 && installed >= modified(join(root, 'package-lock.json'))) return
  say('Installing dependencies (npm install), once ...')
  // Not `npm ci`: that refuses a lock file without the tools' builds for machines other than ours. The lock is obeyed all the same.
  // npm tells its scripts where it lives; a shell finds it otherwise.
  const npm = process.env.npm_execpath
  const args = ['install', '--no-save', '--no-audit', '--no-fund']
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], 'The installation failed')
  else run('npm', args, 'The installation failed', { shell: process.platform === 'win32' })
}

/** Builds everything that is out of date; the compiler finds out what that is. */
export async function build() {
  const stamp = fingerprint()
  const started = performance.now()
  say('Building with tsc -b ...')
  compile([])
  await bundle()
  remember(stamp)
  say(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}

/** Builds the program, unless no source has changed since the last time: then not even the compiler starts. */
export async function buildProgram() {
  const stamp = fingerprint()
  if (existsSync(programFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  say('Building, once ...')
  compile([join('packages', 'broker')])
  await bundle()
  remember(stamp)
}

/** Loaded only when it is needed: most starts need nothing built. */
async function bundle() {
  const { bundleAll } = await import('./bundle.mjs')
  await bundleAll(root)
}

export function say(sentence) {
  process.stderr.write(`${sentence}\n`)
}

function compile(projects) {
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...projects], 'The build failed')
}

function run(command, args, failure, options = {}) {
  // What they print goes to stderr: stdout belongs to the program or the tests that follow.
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
  if (status === 0) return
  const why = error?.message ?? (signal === null ? `exit code ${status}` : signal)
  say(`${failure}: ${[command, ...args].join(' ')}: ${why}`)
  process.exit(1)
}

/** Names, sizes and times of the program's sources: also sees files that were removed or came with an older time. */
function fingerprint() {
  const hash = createHash('sha1')
  const add = (file) => {
    const { mtimeMs, size } = statSync(file)
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  add(join(root, 'tsconfig.base.json'))
  for (const name of ['base', 'openwire', 'client', 'broker']) {
    const folder = join(root, 'packages', name)
    add(join(folder, 'package.json'))
    add(join(folder, 'tsconfig.json'))
    const entries = readdirSync(join(folder, 'src'), { withFileTypes: true, recursive: true })
    for (const entry of entries) if (entry.isFile()) add(join(entry.parentPath ?? entry.path, entry.name))
  }
  return hash.digest('hex')
}

function remember(stamp) {
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(stampFile, stamp)
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0
}
