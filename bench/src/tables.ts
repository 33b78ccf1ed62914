import Table from 'cli-table3'
import type { Results, Series } from './results.ts'
import type { Target } from './targets.ts'

/** Without colours when nobody sees them. */
const plain = { style: { head: [], border: [] } }

export function resultTables(results: Results): string {
  const rates = new Table({
    ...plain,
    head: [
      'Messages per second (median)',
      results.brokers.millrace,
      results.brokers.activemq,
      'ratio',
      'p50 / p99 (ms)',
      'p50 / p99 (ms)',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  })
  if (results.bareLimit !== null)
    rates.push(['Bare limit: write, sync, answer', rounded(results.bareLimit.median), '', '', '', ''])
  for (const row of results.rows) {
    const ratio = row.millrace.median / row.activemq.median
    rates.push([
      row.title,
      rounded(row.millrace.median),
      rounded(row.activemq.median),
      `${ratio.toFixed(2)} x`,
      latency(row.millrace),
      latency(row.activemq),
    ])
  }
  const tables = results.rows.length > 0 || results.bareLimit !== null ? [rates.toString()] : []
  const { backlog, warmStartMs } = results
  if (backlog !== null || warmStartMs !== null) {
    const others = new Table({
      ...plain,
      head: ['', results.brokers.millrace, results.brokers.activemq],
      colAligns: ['left', 'right', 'right'],
    })
    if (backlog !== null) {
      const { millrace, activemq } = backlog
      const pending = results.backlogMessages.toLocaleString('en')
      others.push([
        `Memory with ${pending} x 1 KiB pending (MB)`,
        millrace.memoryMb.toFixed(0),
        activemq.memoryMb.toFixed(0),
      ])
      others.push([
        'Restart to first delivery (s)',
        millrace.restartSeconds.toFixed(2),
        activemq.restartSeconds.toFixed(2),
      ])
      others.push([
        'The same after a kill (s)',
        millrace.restartAfterKillSeconds.toFixed(2),
        activemq.restartAfterKillSeconds.toFixed(2),
      ])
    }
    if (warmStartMs !== null) others.push(['npm start, warm, to ready (ms)', warmStartMs.median.toFixed(0), ''])
    tables.push(others.toString())
  }
  return tables.join('\n')
}

export function targetTable(targets: readonly Target[]): string {
  const table = new Table({
    ...plain,
    head: ['Target', 'wanted', 'found', ''],
    colAligns: ['left', 'right', 'right', 'left'],
  })
  for (const { title, wanted, found, met } of targets) {
    table.push([title, wanted, found ?? '-', met === null ? 'not measured' : met ? 'met' : 'NOT MET'])
  }
  return table.toString()
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function latency(series: Series): string {
  if (series.latencyUs === undefined) return ''
  return `${(series.latencyUs.p50 / 1000).toFixed(2)} / ${(series.latencyUs.p99 / 1000).toFixed(2)}`
}
