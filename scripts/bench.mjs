// `npm run bench [-- options]`: installs and builds what is missing, then measures Millrace beside a real ActiveMQ. `--help` lists the
// options. Needs Java 17 and Maven.
import { build, install, say } from './prepare.mjs'

install()
build()
const { main } = await import('../bench/build/src/main.js')
const interop = '../interop/build/src'
const [child, java, activemq, millrace] = await Promise.all(
  ['child', 'java', 'activemq', 'millrace'].map((name) => import(`${interop}/${name}.js`)),
)
try {
  await main({ ...child, ...java, ...activemq, ...millrace }, process.argv.slice(2))
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
process.exit(0)
