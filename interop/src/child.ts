/**
 * Child processes that speak JSON lines. Whatever happens to this process, they end with it: most read their standard input to
 * its end and stop there, and the rest is killed by its id when this process exits.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** Resolves with the first line of standard output that is JSON; rejects, with what was said instead, when it ends without. */
  first(): Promise<Record<string, unknown>>
  /** Every JSON line from now on. One listener. */
  onLine(listener: (line: Record<string, unknown>) => void): void
  write(line: string): void
  /** Asks to end (closes standard input, then the signal), insists after ten seconds. Resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  readonly ended: Promise<number | null>
  /** The last lines of standard error. */
  said(): string
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export interface ChildOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  const errors: string[] = []
  const early: Record<string, unknown>[] = []
  const other: string[] = []
  let listener: ((line: Record<string, unknown>) => void) | null = null
  let firstLine: ((line: Record<string, unknown> | null) => void) | null = null
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line)
    if (errors.length > 60) errors.shift()
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parse(text)
    if (line === null) {
      other.push(text)
      if (other.length > 60) other.shift()
    } else if (firstLine !== null) {
      firstLine(line)
      firstLine = null
    } else if (listener !== null) listener(line)
    else early.push(line)
  })
  // A child that is gone must not end this process by a write to it.
  child.stdin.on('error', () => {})
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', (code) => {
      running.delete(child)
      firstLine?.(null)
      resolve(code)
    })
  })
  const said = (): string => [...other, ...errors].join('\n')
  return {
    process: child,
    pid: child.pid ?? -1,
    ended,
    said,
    first: () =>
      new Promise((resolve, reject) => {
        const line = early.shift()
        if (line !== undefined) return resolve(line)
        const gone = (): void =>
          reject(new Error(`${command} ${args.at(-1) ?? ''} ended before it was ready:\n${said()}`))
        if (child.exitCode !== null || child.signalCode !== null) return gone()
        firstLine = (first) => (first === null ? gone() : resolve(first))
      }),
    onLine: (to) => {
      listener = to
      for (const line of early.splice(0)) to(line)
    },
    write: (line) => void child.stdin.write(`${line}\n`),
    stop: async (signal) => {
      child.stdin.end()
      if (signal !== undefined) child.kill(signal)
      const insist = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(insist)
    },
  }
}

function parse(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return null
  }
}
