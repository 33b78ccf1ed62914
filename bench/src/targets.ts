import type { Results } from './results.ts'

export interface Target {
  readonly title: string
  readonly wanted: string
  /** What was found, or null when it was not measured. */
  readonly found: string | null
  readonly met: boolean | null
}

/** What Millrace is to reach. Each is told as met, not met, or not measured in this run. */
export function targets(results: Results): Target[] {
  const millrace = (id: string): number | null => results.rows.find((row) => row.id === id)?.millrace.median ?? null
  const activemq = (id: string): number | null => results.rows.find((row) => row.id === id)?.activemq.median ?? null
  const times = (title: string, id: string, factor: number): Target =>
    atLeast(title, ratio(millrace(id), activemq(id)), factor, asTimes)
  const best = results.rows.filter((row) => row.sends).map((row) => row.activemq.median)
  const whole = results.rowsLeftOut.length === 0
  const { backlog, warmStartMs } = results
  return [
    // The bare limit has a client without threads, so it is compared with one that has none either.
    atLeast(
      '1 synchronous producer (load client), of the bare limit',
      ratio(millrace('load-sync-1'), results.bareLimit?.median ?? null),
      0.8,
      asPercent,
    ),
    atLeast(
      'The same with the Java client',
      ratio(millrace('sync-1'), results.bareLimit?.median ?? null),
      0.8,
      asPercent,
    ),
    times('64 synchronous producers, of ActiveMQ', 'sync-64', 10),
    atLeast(
      'Confirmed with 1000 in flight, of one-way',
      ratio(millrace('pipelined'), millrace('one-way')),
      0.8,
      asPercent,
    ),
    times('useAsyncSend, of ActiveMQ', 'async', 4),
    atLeast(
      'Load client one-way, of the best of ActiveMQ',
      ratio(millrace('load-one-way'), whole ? Math.max(...best) : null),
      10,
      asTimes,
    ),
    times('Transactions of 100, of ActiveMQ', 'transactions', 4),
    times('End to end, of ActiveMQ', 'end-to-end', 5),
    times('Topic 1 to 1, of ActiveMQ', 'topic-1-1', 1.5),
    times('STOMP: 64 synchronous producers, of ActiveMQ', 'stomp-sync-64', 10),
    times('STOMP: receipts with 1000 in flight, of ActiveMQ', 'stomp-pipelined', 20),
    times('STOMP: end to end, of ActiveMQ', 'stomp-end-to-end', 20),
    atLeast(
      'TypeScript client one-way, of the Java client, on ActiveMQ',
      ratio(activemq('one-way'), activemq('async')),
      1,
      asTimes,
    ),
    atLeast('The same on Millrace', ratio(millrace('one-way'), millrace('async')), 1.5, asTimes),
    atLeast(
      'TypeScript client consuming, of the Java client, on ActiveMQ',
      ratio(activemq('consume'), activemq('consume-java')),
      1,
      asTimes,
    ),
    atLeast('The same on Millrace', ratio(millrace('consume'), millrace('consume-java')), 1, asTimes),
    atMost(
      `Memory with ${results.backlogMessages.toLocaleString('en')} pending`,
      backlog?.millrace.memoryMb ?? null,
      400,
      (value) => `${value.toFixed(0)} MB`,
    ),
    atMost(
      'Restart to the first delivery with them',
      backlog?.millrace.restartSeconds ?? null,
      3,
      (value) => `${value.toFixed(2)} s`,
    ),
    atMost('npm start, warm, to ready', warmStartMs?.median ?? null, 500, (value) => `${value.toFixed(0)} ms`),
  ]
}

const asTimes = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} x`
const asPercent = (value: number): string => `${(value * 100).toFixed(0)} %`

function ratio(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one / other
}

function atLeast(title: string, found: number | null, wanted: number, text: (value: number) => string): Target {
  return {
    title,
    wanted: `>= ${text(wanted)}`,
    found: found === null ? null : text(found),
    met: found === null ? null : found >= wanted,
  }
}

function atMost(title: string, found: number | null, wanted: number, text: (value: number) => string): Target {
  return {
    title,
    wanted: `<= ${text(wanted)}`,
    found: found === null ? null : text(found),
    met: found === null ? null : found <= wanted,
  }
}
