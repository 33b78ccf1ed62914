import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/*
 * The arrows of the house: who may import whom. A room is a folder of packages/broker/src (a file at its top is a room
 * of its own) or a package. Arrows go down, never up or sideways.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Package -> what it may import besides itself and Node. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  base: [],
  openwire: ['@millrace/base'],
  client: ['@millrace/base', '@millrace/openwire', 'millrace (only when asked for, dynamically)'],
  broker: [
    '@millrace/base',
    '@millrace/openwire',
    '@millrace/client',
    'commander',
    'pino',
    'cli-progress',
    'cli-table3',
    'ws',
  ],
  testing: ['@millrace/base', '@millrace/openwire', '@millrace/client', 'millrace'],
}

/** Room of the broker -> rooms and packages it may import. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  message: ['@millrace/base'],
  store: ['@millrace/base', 'message'],
  journal: ['@millrace/base', 'message', 'store'],
  core: ['@millrace/base', 'message', 'store'],
  plugins: ['@millrace/base', 'message', 'core'],
  access: ['@millrace/base', 'message', 'core'],
  'protocol/protocol.ts': ['@millrace/base', 'core'],
  'protocol/openwire': ['@millrace/base', '@millrace/openwire', 'message', 'core', 'protocol/protocol.ts'],
  'protocol/stomp': ['@millrace/base', '@millrace/openwire', 'message', 'core', 'protocol/protocol.ts'],
  'net/http-handler.ts': [],
  net: ['@millrace/base', 'core', 'protocol/protocol.ts', 'net/http-handler.ts', 'ws'],
  web: ['@millrace/base', 'net/http-handler.ts'],
  'protocols.ts': ['@millrace/base', 'core', 'net', 'protocol/protocol.ts', 'protocol/openwire', 'protocol/stomp'],
  'service.ts': [
    '@millrace/base',
    'message',
    'store',
    'journal',
    'core',
    'plugins',
    'access',
    'protocol/protocol.ts',
    'protocols.ts',
    'net',
    'net/http-handler.ts',
    'web',
  ],
  'store-tools.ts': ['journal'],
  'index.ts': ['*'],
  config: ['@millrace/base', 'core'],
  cli: [
    '@millrace/base',
    '@millrace/client',
    'config',
    'service.ts',
    'store-tools.ts',
    'index.ts',
    'commander',
    'pino',
    'cli-progress',
    'cli-table3',
  ],
}

interface Import {
  readonly file: string
  readonly target: string
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

function imports(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const found = text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm)
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)
  return [...found, ...dynamic].map((match) => ({ file, target: match[1] ?? match[2] ?? '' }))
}

/** `core/queue.ts` -> `core`; `protocol/openwire/map.ts` -> `protocol/openwire`; `service.ts` -> `service.ts`. */
function roomOf(path: string): string {
  const parts = path.split('/')
  if (parts[0] === 'protocol' || path === 'net/http-handler.ts') return parts.slice(0, 2).join('/')
  return parts[0] ?? ''
}

test('packages import only the packages below them', () => {
  const wrong: string[] = []
  for (const [name, allowed] of Object.entries(PACKAGES)) {
    for (const { file, target } of sources(join(root, 'packages', name, 'src')).flatMap(imports)) {
      if (target.startsWith('.') || target.startsWith('node:')) continue
      if (!allowed.some((one) => one.split(' ')[0] === target)) wrong.push(`${relative(root, file)} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('rooms of the broker import only the rooms that the arrows lead to', () => {
  const source = join(root, 'packages/broker/src')
  const wrong: string[] = []
  for (const { file, target } of sources(source).flatMap(imports)) {
    const room = roomOf(relative(source, file))
    const allowed = ROOMS[room]
    if (allowed === undefined) {
      wrong.push(`${relative(root, file)} is in no room of the table`)
      continue
    }
    if (target.startsWith('node:') || allowed.includes('*')) continue
    const to = target.startsWith('.') ? roomOf(relative(source, resolve(dirname(file), target))) : target
    if (to !== room && !allowed.includes(to)) wrong.push(`${relative(root, file)} imports ${target}`)
  }
  assert.deepEqual(wrong, [])
})

test('the core and the codecs touch no socket, no file and no process', () => {
  const outside = /^node:(net|tls|http|https|dgram|fs|child_process|worker_threads|timers)/
  const wrong: string[] = []
  const folders = [
    'packages/base/src',
    'packages/openwire/src',
    'packages/broker/src/message',
    'packages/broker/src/core',
  ]
  for (const folder of [...folders, 'packages/broker/src/store', 'packages/broker/src/protocol']) {
    for (const { file, target } of sources(join(root, folder)).flatMap(imports)) {
      if (outside.test(target)) wrong.push(`${relative(root, file)} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('a wrong arrow would be seen', () => {
  assert.equal(roomOf('protocol/openwire/map.ts'), 'protocol/openwire')
  assert.equal(roomOf('protocol/protocol.ts'), 'protocol/protocol.ts')
  assert.equal(ROOMS['core']?.includes('journal'), false)
  const own = imports(fileURLToPath(new URL('../layers.test.ts', import.meta.url)))
  assert.deepEqual(own.map((one) => one.target).sort(), [
    'node:assert/strict',
    'node:fs',
    'node:path',
    'node:test',
    'node:url',
  ])
})
