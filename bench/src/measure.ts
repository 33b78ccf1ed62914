/** What one measurement gives. */
export interface Measure {
  /** In the unit of its row. */
  readonly value: number
  readonly latencyUs?: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999', number>>
}

export interface Timing {
  /** Seconds that are run and not counted. */
  readonly warmUp: number
  readonly seconds: number
}

export const MESSAGE_BYTES = 1024

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Runs something that goes on until it is told that its time is over; gives messages per second of the counted part. */
export async function rate(timing: Timing, run: (over: () => boolean) => Promise<number>): Promise<Measure> {
  await timed(timing.warmUp, run)
  const { messages, seconds } = await timed(timing.seconds, run)
  return { value: messages / seconds }
}

async function timed(
  seconds: number,
  run: (over: () => boolean) => Promise<number>,
): Promise<{ messages: number; seconds: number }> {
  const began = performance.now()
  const end = began + seconds * 1000
  const messages = await run(() => performance.now() >= end)
  return { messages, seconds: (performance.now() - began) / 1000 }
}
