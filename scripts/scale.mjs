// `npm run scale [-- options]`: installs and builds what is missing, then measures what many queues,
// subscriptions and messages cost. `--rows fan-out` is beside a real ActiveMQ and needs Java 17 and Maven; `--short` shows that it works.
import { build, install, say } from './prepare.mjs'

install()
build()
const { main } = await import('../bench/build/src/scale.js')
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
