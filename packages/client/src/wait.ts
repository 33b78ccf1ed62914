import type { Clock } from '@millrace/base'
import { AbortError, RequestTimedOutError } from './errors.ts'

/** Every call that may wait takes these. Neither changes what is sent. */
export interface WaitOptions {
  /** Gives up when it fires: rejects with AbortError, whose `outcome` is `'unknown'` when the command had left. */
  signal?: AbortSignal
  /** Gives up after this many ms: rejects with RequestTimedOutError. 0 or absent: the connection's own limit. */
  timeout?: number
}

/** Throws before anything is sent when the caller had already given up. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError('aborted before anything was sent', { cause: signal.reason })
}

/**
 * Watches a waiting call: `giveUp` is called at most once, when time or signal says so. Returns what ends the watch, or
 * null when there is nothing to watch, which is the usual case and costs nothing.
 */
export function watch(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  what: string,
  giveUp: (error: AbortError | RequestTimedOutError) => void,
): (() => void) | null {
  if (timeoutMs <= 0 && signal === undefined) return null
  const onAbort = (): void => {
    end()
    giveUp(new AbortError(`${what} was aborted`, { cause: signal?.reason, outcome: 'unknown' }))
  }
  const cancel =
    timeoutMs <= 0
      ? null
      : clock.after(timeoutMs, () => {
          end()
          giveUp(new RequestTimedOutError(`no reply to ${what} within ${timeoutMs} ms`))
        })
  signal?.addEventListener('abort', onAbort, { once: true })
  const end = (): void => {
    cancel?.()
    signal?.removeEventListener('abort', onAbort)
  }
  return end
}

/** The promise, or the error of time or signal, whichever comes first. */
export async function within<T>(clock: Clock, promise: Promise<T>, wait: WaitOptions, what: string): Promise<T> {
  if (wait.signal === undefined && (wait.timeout ?? 0) <= 0) return promise
  checkSignal(wait.signal)
  let end: (() => void) | null = null
  const limit = new Promise<never>((_, reject) => {
    end = watch(clock, wait.timeout ?? 0, wait.signal, what, reject)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    ;(end as (() => void) | null)?.()
  }
}
