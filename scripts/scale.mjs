// `npm run scale [-- options]`: measures what many queues, subscriptions and messages cost. `--rows fan-out` is beside a real ActiveMQ
// and needs Java 17 and Maven; `--short` shows that it works.
import { runBench } from './run-bench.mjs'

await runBench('scale')
