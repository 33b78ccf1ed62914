// `npm start [-- options]`: installs and builds what is missing, then is the broker, on its journal in ./data unless told
// otherwise. The options are those of `millrace start`, see docs/cli.md.
import { buildProgram, install } from './prepare.mjs'

install()
buildProgram()
const { main } = await import('../packages/broker/build/src/cli/main.js')
await main(['start', ...process.argv.slice(2)])
