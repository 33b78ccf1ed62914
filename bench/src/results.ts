import type { Backlog } from './backlog.ts'
import type { Measure } from './measure.ts'
import { median } from './measure.ts'

/** All rounds of one thing. */
export interface Series {
  readonly median: number
  readonly all: readonly number[]
  /** Medians of the rounds' percentiles. */
  readonly latencyUs?: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999', number>>
}

export interface RowResult {
  readonly id: string
  readonly title: string
  readonly sends: boolean
  /** Messages per second. */
  readonly millrace: Series
  readonly activemq: Series
}

export interface Results {
  readonly date: string
  readonly machine: { readonly node: string; readonly cpus: number; readonly model: string; readonly platform: string }
  readonly brokers: { readonly millrace: string; readonly activemq: string }
  readonly rounds: number
  readonly secondsPerRun: number
  readonly messageBytes: number
  readonly backlogMessages: number
  /** Requests per second. */
  readonly bareLimit: Series | null
  readonly rows: readonly RowResult[]
  /** Ids of rows that were not asked for. */
  readonly rowsLeftOut: readonly string[]
  readonly backlog: { readonly millrace: Backlog; readonly activemq: Backlog } | null
  readonly warmStartMs: Series | null
}

export function series(measures: readonly Measure[]): Series {
  const all = measures.map((measure) => measure.value)
  const latencies = measures.flatMap((measure) => measure.latencyUs ?? [])
  if (latencies.length === 0) return { median: median(all), all }
  const of = (name: 'p50' | 'p90' | 'p99' | 'p999'): number => median(latencies.map((latency) => latency[name]))
  return { median: median(all), all, latencyUs: { p50: of('p50'), p90: of('p90'), p99: of('p99'), p999: of('p999') } }
}
