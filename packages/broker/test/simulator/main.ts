import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { campaign, type Tally, textOf } from './campaign.ts'
import { planOf, play } from './history.ts'

/*
 * `npm run simulate -- --histories 20000 --seed 1 --threads 2`: plays random histories and says what they violate.
 * `--seed 7 --trace` plays one and shows everything that happens in it.
 */

interface Share {
  readonly seed: number
  readonly histories: number
  readonly stride: number
}

const now = (): number => performance.now()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      trace: { type: 'boolean', default: false },
    },
  })
  const seed = number('seed', values.seed)
  if (values.trace) {
    const { trace, failure } = await play(planOf(seed), true)
    console.log(trace.join('\n'))
    console.log(failure === null ? 'Nothing is wrong.' : failure)
    process.exitCode = failure === null ? 0 : 1
    return
  }
  await run(seed, number('histories', values.histories), number('threads', values.threads))
}

function number(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`--${name} is "${text}", expected a whole number`)
}

async function run(seed: number, histories: number, threads: number): Promise<void> {
  console.log(`${histories} histories from seed ${seed}, in ${threads} threads ...`)
  const begun = now()
  const cpu = process.cpuUsage()
  const shares = Array.from({ length: threads }, (_, i) => ({
    seed: seed + i,
    histories: Math.max(0, histories - i),
    stride: threads,
  }))
  const tallies = await Promise.all(shares.map((share) => inThread(share)))
  const { user, system } = process.cpuUsage(cpu)
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0)
  const played = sum((tally) => tally.histories)
  const seconds = (now() - begun) / 1000
  console.log(
    `${played} histories, ${sum((one) => one.lifetimes)} broker lifetimes, ${sum((one) => one.messages)} messages, ` +
      `${sum((one) => one.events)} events in ${seconds.toFixed(0)} s; ` +
      `${Math.round((played * 1e6) / (user + system))} histories per second of one core`,
  )
  const failed = tallies.flatMap((tally) => tally.failed)
  for (const report of failed) console.log(`\n${textOf(report)}`)
  console.log(failed.length === 0 ? 'Nothing is wrong.' : `\n${failed.length} of them are wrong.`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

function inThread(share: Share): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share, argv: process.argv.slice(2) })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

if (isMainThread) await main()
else {
  const { seed, histories, stride } = workerData as Share
  parentPort?.postMessage(await campaign(seed, histories, stride, now))
}
