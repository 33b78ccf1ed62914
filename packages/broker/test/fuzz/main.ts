import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { fuzz, type FuzzResult } from './run.ts'
import { TARGETS } from './targets.ts'

/*
 * `npm run fuzz -- --inputs 200000 --target stomp`: many inputs for one target, or for each. The seed is new each time and
 * printed; the environment variable MILLRACE_SEED gives it again.
 */

/** No batch takes nearly so long: something inside it does not end. */
const SILENT_MS_MAX = 120_000

interface Share {
  readonly target: string
  readonly seed: number
  readonly inputs: number
}

async function main(): Promise<void> {
  const names = TARGETS.map((target) => target.name)
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '200000' },
      target: { type: 'string', multiple: true, default: names },
    },
  })
  const inputs = number('--inputs', values.inputs)
  const { MILLRACE_SEED } = process.env
  const seed = MILLRACE_SEED === undefined ? Math.floor(Math.random() * 1e9) : number('MILLRACE_SEED', MILLRACE_SEED)
  for (const target of values.target) {
    if (!names.includes(target)) throw new Error(`there is no target ${target}, but ${names.join(', ')}`)
    console.log(`${target}: ${inputs} inputs from seed ${seed} ...`)
    const begun = performance.now()
    const { inputs: done, grownBytes } = await inThread({ target, seed, inputs })
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    console.log(
      `${target}: ${done} inputs in ${seconds} s, nothing is wrong; ${Math.round(grownBytes / 1024)} KiB more are held`,
    )
  }
}

function number(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`${name} is "${text}", expected a whole number`)
}

/** In a thread of its own, because what never ends can only be seen from another. */
function inThread(share: Share): Promise<FuzzResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share })
    let done = 0
    const silent = setTimeout(() => {
      reject(new Error(`${share.target}, seed ${share.seed}, does not come to an end after ${done} inputs`))
      void worker.terminate()
    }, SILENT_MS_MAX)
    worker.on('message', (said: number | FuzzResult) => {
      silent.refresh()
      if (typeof said === 'number') done = said
      else resolve(said)
    })
    worker.on('error', (error) => {
      // Of an error that nobody caught it is known only here how to see it again.
      reject(new Error(`${share.target}, seed ${share.seed}, after ${done} inputs`, { cause: error }))
    })
    worker.on('exit', () => clearTimeout(silent))
  })
}

if (isMainThread) await main()
else {
  const { target: name, seed, inputs } = workerData as Share
  const target = TARGETS.find((one) => one.name === name)
  if (target === undefined) throw new Error(`there is no target ${name}`)
  parentPort?.postMessage(await fuzz(target, seed, inputs, (done) => parentPort?.postMessage(done)))
}
