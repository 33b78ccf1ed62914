// `npm run size`: what @millrace/client costs who downloads it, minified and gzipped, with its codec and all it needs: for an
// application as most are, and for one that imports everything; then the largest modules. Build first: npx tsc -b
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { minifySync } from 'rolldown/utils'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bytes; what a test holds them to. */
export const LIMITS = { application: 60_000, everything: 91_000 }

/** A factory, sessions, a producer, a consumer, a transaction, fail-over. */
const APPLICATION = `
import { ConnectionFactory } from '@millrace/client'

const factory = new ConnectionFactory('failover:(tcp://a:61616,tcp://b:61616)')
const connection = await factory.createConnection()
await connection.start()
const session = await connection.createSession({ transacted: true })
const queue = session.createQueue('ORDERS')
const producer = await session.createProducer(queue)
await producer.send(session.createTextMessage('hello'))
await session.commit()
const consumer = await session.createConsumer(queue)
console.log(await consumer.receive(1000))
await connection.close()
`

const EVERYTHING = `export * from '@millrace/client'`

/** Bytes of both programs, and of each module in the second: minified, and minified and gzipped alone. */
export async function sizes() {
  const application = await bundle(APPLICATION, false)
  const everything = await bundle(EVERYTHING, true)
  const modules = everything.modules.map(({ name, code }) => {
    const text = minifySync(name, code).code
    return { name, minified: Buffer.byteLength(text), gzipped: gzipped(text) }
  })
  return { application: application.size, everything: everything.size, modules }
}

async function bundle(code, lazy) {
  const entry = join(root, 'scripts', 'size-entry.mjs')
  const build = await rolldown({
    input: entry,
    platform: 'node',
    // A broker in the same process is loaded when a vm: URL asks for it.
    external: [/^node:/, 'millrace'],
    tsconfig: false,
    transform: { target: 'node20' },
    plugins: [
      {
        name: 'entry',
        resolveId: (id, _importer, { kind }) => {
          if (id === entry) return id
          // What is loaded when a URL asks for it (ssl:, vm:, ws: and such) is not counted for who does not.
          return kind === 'dynamic-import' && !lazy ? { id, external: true } : null
        },
        load: (id) => (id === entry ? code : null),
      },
    ],
  })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  const chunks = output.filter(({ type }) => type === 'chunk')
  const modules = chunks
    .flatMap((chunk) => Object.entries(chunk.modules))
    .filter(([, module]) => module.code)
    .map(([path, module]) => ({ name: path.slice(path.indexOf('packages')), code: module.code }))
  const text = chunks.map((chunk) => chunk.code).join('\n')
  return { size: { minified: Buffer.byteLength(text), gzipped: gzipped(text) }, modules }
}

const gzipped = (text) => gzipSync(text, { level: 9 }).length

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9)

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const { application, everything, modules } = await sizes()
  const row = (name, { minified, gzipped: small }, limit) =>
    console.log(`${name.padEnd(48)} ${kB(minified)} ${kB(small)}${limit === undefined ? '' : `   limit ${kB(limit)}`}`)
  console.log(`${''.padEnd(48)} ${'minified'.padStart(9)} ${'gzipped'.padStart(9)}`)
  row('an application', application, LIMITS.application)
  row('everything', everything, LIMITS.everything)
  console.log('\nThe largest modules; alone each compresses worse than among others.')
  for (const module of modules.sort((a, b) => b.gzipped - a.gzipped).slice(0, 25)) row(module.name, module)
}
