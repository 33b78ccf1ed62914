/**
 * What many STOMP peers cost: those that are idle, those that mean no good, and what RabbitMQ does with the same load.
 */
import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { Abusers } from './abusers.ts'
import type { Harness } from './harness.ts'
import { MESSAGE_BYTES, median } from './measure.ts'
import { RabbitMq } from './rabbitmq.ts'
import type { Report } from './scale.ts'
import { StompLoadClient } from './stomp-load-client.ts'
import { stompPipelined } from './stomp-rows.ts'

const DRIPPED = `CONNECT\naccept-version:1.2\nlogin:${'a'.repeat(100)}`
const ALSO = { also: { stomp: 0 } }

/** So many connections that have said who they are and say nothing else. */
export async function stompIdle(harness: Harness, count: number, report: Report): Promise<void> {
  const broker = await harness.startMillrace({ ...ALSO, memory: true })
  const url = broker.also['stomp'] ?? ''
  const clients: StompLoadClient[] = []
  try {
    for (let i = 0; i < 100; i++) (await StompLoadClient.open(url)).close()
    const before = residentMb(broker.pid)
    for (let from = 0; from < count; from += 100) {
      const some = Array.from({ length: Math.min(100, count - from) }, () => StompLoadClient.open(url))
      clients.push(...(await Promise.all(some)))
    }
    // What was made for connecting goes.
    await pause(3_000)
    const resident = residentMb(broker.pid)
    const each = ((resident - before) * 1000) / count
    report({
      measure: `${grouped(count)} idle STOMP connections, resident`,
      wanted: '<= 150 MB',
      found: `${resident.toFixed(0)} MB, ${each.toFixed(1)} kB each`,
      met: resident <= 150,
    })
  } finally {
    for (const client of clients) client.close()
    await broker.stop()
  }
}

/** One producer with 1,000 receipts in flight, in turns on both. */
export async function stompRabbitMq(harness: Harness, rounds: number, seconds: number, report: Report): Promise<void> {
  const measure = 'STOMP: receipts, 1000 in flight, of RabbitMQ'
  const wanted = '>= 5.00 x'
  const rabbit = await RabbitMq.start(harness).catch((error: unknown) => String(error).split('\n')[0] ?? '')
  if (typeof rabbit === 'string') {
    report({ measure, wanted, found: `not measured: ${rabbit}`, met: null })
    return
  }
  const millrace = await harness.startMillrace(ALSO)
  try {
    const found = { millrace: [] as number[], rabbitmq: [] as number[] }
    const timing = { warmUp: Math.min(2, seconds), seconds }
    for (let round = 0; round < rounds; round++) {
      const ours = await stompPipelined(millrace.also['stomp'] ?? '', `rabbit.${round}`, timing, 1000)
      const theirs = await stompPipelined(rabbit.url, `rabbit.${round}`, timing, 1000, rabbit.login)
      found.millrace.push(ours.value)
      found.rabbitmq.push(theirs.value)
    }
    const [ours, theirs] = [median(found.millrace), median(found.rabbitmq)]
    report({
      measure: `${measure} ${rabbit.version}`,
      wanted,
      found: `${grouped(ours)} and ${grouped(theirs)} a second, ${(ours / theirs).toFixed(2)} x`,
      met: ours >= 5 * theirs,
    })
  } finally {
    await millrace.stop()
    await rabbit.stop()
  }
}

/** A well-behaved client, while nobody else is there and while others mean no good; what is dropped, and when. */
export async function abuse(harness: Harness, peers: number, seconds: number, report: Report): Promise<void> {
  // A line for everyone who is dropped would be read by this process, whose client is measured.
  const broker = await harness.startMillrace({ ...ALSO, logLevel: 'error' })
  const url = broker.also['stomp'] ?? ''
  const client = await StompLoadClient.open(url)
  try {
    await latencyMs(client, Math.min(seconds, 2))
    const alone = await latencyMs(client, seconds)
    const slowly = (): Promise<Abusers> => Abusers.drip(url, peers, DRIPPED)
    for (const [what, begin] of [
      [`${grouped(peers)} peers that say a byte each second`, slowly],
      ['connections without a byte, as fast as they come', () => Abusers.flood(url, '')],
      ['headers without an end', () => Abusers.flood(url, `CONNECT\nlogin:${'a'.repeat(60_000)}`)],
      ['ends of line without an end', () => Abusers.flood(url, '\n')],
      [
        'CONNECTs, as fast as they come',
        () => Abusers.flood(url, 'CONNECT\naccept-version:1.2\nhost:here\n\n\0'.repeat(2)),
      ],
    ] as const) {
      const abusers = await begin()
      const p99 = await latencyMs(client, seconds)
      await abusers.stop()
      report({
        measure: `p99 of one synchronous producer beside ${what}`,
        wanted: '<= 2.00 x of alone',
        found: `${p99.toFixed(2)} ms, alone ${alone.toFixed(2)} ms, ${(p99 / alone).toFixed(2)} x`,
        met: p99 <= 2 * alone,
      })
      await pause(500)
    }
    const slow = await slowly()
    const began = performance.now()
    await slow.gone
    const took = (performance.now() - began) / 1000
    await slow.stop()
    report({
      measure: `${grouped(peers)} peers that say a byte each second, until the last is dropped`,
      wanted: '<= 31 s',
      found: `${took.toFixed(1)} s`,
      met: took <= 31,
    })
  } finally {
    client.close()
    await broker.stop()
  }
}

/** The 99th percentile of the time from a persistent message to its receipt, one at a time. */
async function latencyMs(client: StompLoadClient, seconds: number): Promise<number> {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  let before = performance.now()
  await client.send('/queue/steady', MESSAGE_BYTES, 1, () => {
    const now = performance.now()
    times.push(now - before)
    before = now
    return now >= end
  })
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN
}

function residentMb(pid: number): number {
  return (Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024) / 1e6
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en')
}
