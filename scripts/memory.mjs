// `npm run memory [-- options]`: installs and builds what is missing, then measures what the client holds: idle connections and
// consumers, a slow loop, fail-overs for ten minutes. Options: --connections, --consumers, --seconds.
import { build, install } from './prepare.mjs'

install()
await build()
const { main } = await import('../bench/build/src/client-memory.js')
await main(process.argv.slice(2))
process.exit(0)
