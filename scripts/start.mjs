// `npm start [-- options]`: installs and builds what is missing, then is the broker, on its journal in ./data unless told
// otherwise. The options are those of `millrace start`, see docs/cli.md.
import { buildProgram, install } from './prepare.mjs'

install()
await buildProgram()
const args = process.argv.slice(2)
const { programUrl } = await import('../packages/broker/bin/program.js')
const { main } = await import(programUrl(args))
await main(['start', ...args])
