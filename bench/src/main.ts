/**
 * The benchmark: Millrace beside a real ActiveMQ, both with their journal on this machine's disk, the same clients, in turns. In each
 * round each row is measured on one broker and then at once on the other, first this one, in the next round that one, so that what
 * else the machine does meets both.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { backlog } from './backlog.ts'
import { chart } from './chart.ts'
import type { Harness, RunningBroker } from './harness.ts'
import { LoadClient } from './load-client.ts'
import { MESSAGE_BYTES, type Measure, type Timing } from './measure.ts'
import { undisturbed } from './quiet.ts'
import { type Results, type RowResult, series } from './results.ts'
import { runRow } from './row-process.ts'
import { bareLimit, type Row, rows } from './rows.ts'
import { resultTables, targetTable } from './tables.ts'
import { targets } from './targets.ts'
import { warmStart } from './warm-start.ts'

const HELP = `npm run bench -- [options]
  --rounds <n>    how often each row is measured on each broker (5)
  --seconds <s>   counted time of one measurement (5)
  --rows <ids>    only these, with commas: bare-limit, backlog, warm-start, ${rows.map((row) => row.id).join(', ')}
  --messages <n>  the backlog (1000000)
  --json          the results as JSON on standard output instead of tables
  --short         one round of one second and a small backlog: shows that it works, its numbers mean nothing
`

export async function main(harness: Harness, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      rows: { type: 'string' },
      messages: { type: 'string' },
      json: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const { short } = values
  const rounds = number('rounds', values.rounds, short ? 1 : 5)
  const seconds = number('seconds', values.seconds, short ? 1 : 5)
  const messages = number('messages', values.messages, short ? 20_000 : 1_000_000)
  const timing: Timing = { warmUp: short ? 1 : Math.min(3, seconds), seconds }
  const known = ['bare-limit', ...rows.map((row) => row.id), 'backlog', 'warm-start']
  const wanted = new Set(values.rows?.split(',') ?? known)
  for (const id of wanted)
    if (!known.includes(id)) throw new Error(`There is no row "${id}". There are: ${known.join(', ')}.`)

  for (const project of ['client5', 'broker5', 'broker6'] as const) await harness.classPath(project, say)
  const chosen = rows.filter((row) => wanted.has(row.id))
  const measured = await measureRows(harness, chosen, wanted.has('bare-limit'), rounds, timing)
  const grown = wanted.has('backlog')
    ? await orNull('backlog', async () => ({
        millrace: await backlog(harness, 'millrace', messages, (share) => step(`Millrace, backlog ${percent(share)}`)),
        activemq: await backlog(harness, 'activemq', messages, (share) => step(`ActiveMQ, backlog ${percent(share)}`)),
      }))
    : null
  step('npm start')
  const starts = wanted.has('warm-start') ? await orNull('npm start', () => warmStart(harness, short ? 1 : 5)) : null
  step('')

  const results: Results = {
    date: new Date().toISOString(),
    machine: {
      node: process.versions.node,
      cpus: availableParallelism(),
      model: cpus()[0]?.model ?? '',
      platform: `${process.platform} ${process.arch}`,
    },
    brokers: measured.brokers,
    rounds,
    secondsPerRun: seconds,
    messageBytes: MESSAGE_BYTES,
    backlogMessages: messages,
    bareLimit: measured.bareLimit.length > 0 ? series(measured.bareLimit) : null,
    rows: measured.rows,
    rowsLeftOut: rows.filter((row) => !wanted.has(row.id)).map((row) => row.id),
    backlog: grown,
    warmStartMs: starts === null ? null : series(starts.map((value) => ({ value }))),
  }
  const reached = targets(results)
  // What a short run finds is not worth keeping beside what a real one found.
  const folder = short ? join(harness.root, '.cache', 'bench') : join(harness.root, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify({ ...results, targets: reached }, null, 2)}\n`)
  if (results.rows.length > 0) writeFileSync(join(folder, 'latest.svg'), chart(results))
  if (values.json) process.stdout.write(`${JSON.stringify({ ...results, targets: reached }, null, 2)}\n`)
  else
    process.stdout.write(
      `${resultTables(results)}\n${targetTable(reached)}\nWritten: ${relative(harness.root, folder)}/latest.json and latest.svg\n`,
    )
}

interface Measured {
  readonly brokers: { millrace: string; activemq: string }
  readonly bareLimit: readonly Measure[]
  readonly rows: readonly RowResult[]
}

async function measureRows(
  harness: Harness,
  chosen: readonly Row[],
  bare: boolean,
  rounds: number,
  timing: Timing,
): Promise<Measured> {
  const names = { millrace: 'Millrace', activemq: 'ActiveMQ' }
  if (chosen.length === 0 && !bare) return { brokers: names, bareLimit: [], rows: [] }
  step('starting the brokers')
  const also = { also: { stomp: 0 } }
  const millrace = await harness.startMillrace(also)
  // The STOMP of generation 5 is not to be had any more.
  const old = chosen.every((row) => row.stomp === true) && !bare ? null : await harness.startActiveMq(5)
  const recent = chosen.some((row) => row.stomp === true) ? await harness.startActiveMq(6, also) : null
  names.activemq = [old, recent].flatMap((broker) => broker?.name ?? []).join('; STOMP: ')
  const limits: Measure[] = []
  const found = new Map(chosen.map((row) => [row.id, { millrace: [] as Measure[], activemq: [] as Measure[] }]))
  try {
    for (let round = 1; round <= rounds; round++) {
      if (bare) {
        step(`round ${round} of ${rounds}: bare limit`)
        const all = [millrace, old, recent].filter((broker) => broker !== null)
        limits.push(await undisturbed(all, () => bareLimit(harness, timing)))
      }
      for (const row of chosen) {
        for (const system of round % 2 === 1
          ? (['millrace', 'activemq'] as const)
          : (['activemq', 'millrace'] as const)) {
          step(`round ${round} of ${rounds}: ${row.title}, ${names[system]}`)
          const destination = `bench.${row.id}.${round}`
          const activemq = row.stomp === true ? recent : old
          const broker = system === 'millrace' ? millrace : activemq
          if (broker === null) throw new Error(`${row.title} has no broker.`)
          const { url, also } = broker
          try {
            const others = [millrace, old, recent].filter(
              (other) => other !== null && other !== broker,
            ) as RunningBroker[]
            const address = row.stomp === true ? (also['stomp'] ?? '') : url
            const measure = await undisturbed(others, () => runRow(harness, row, address, destination, timing))
            found.get(row.id)?.[system].push(measure)
            done(`${row.title}, ${names[system]}: ${Math.round(measure.value).toLocaleString('en')}`)
          } catch (error) {
            throw new Error(`${row.title} failed on ${names[system]}: ${String(error)}\n${broker.child.said()}`, {
              cause: error,
            })
          }
          await clear(url, destination, row)
        }
      }
    }
  } finally {
    for (const broker of [millrace, old, recent]) await broker?.stop()
  }
  return {
    brokers: names,
    bareLimit: limits,
    rows: chosen.map((row) => {
      const { millrace = [], activemq = [] } = found.get(row.id) ?? {}
      return { id: row.id, title: row.title, sends: row.sends, millrace: series(millrace), activemq: series(activemq) }
    }),
  }
}

/** What a row left in its queue goes, so that the next begins with an empty broker. */
async function clear(url: string, destination: string, row: Row): Promise<void> {
  if (row.id.startsWith('topic')) return
  const client = await LoadClient.open(url)
  await client.destroy(destination)
  client.close()
}

/** What was found before is worth keeping when the last part fails. */
async function orNull<T>(title: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    process.exitCode = 1
    done(`${title} failed: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} wants a number above 0, got "${text}".`)
  return value
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}

/** What is being done: one line that is written over, on a terminal only. */
function step(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}

/** What was found, as it comes. */
function done(text: string): void {
  step('')
  say(text)
}
