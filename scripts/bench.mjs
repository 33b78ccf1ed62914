// `npm run bench [-- options]`: measures Millrace beside a real ActiveMQ. `--help` lists the options. Needs Java 17 and Maven.
import { runBench } from './run-bench.mjs'

await runBench('main')
