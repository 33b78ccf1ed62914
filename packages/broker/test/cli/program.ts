import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/base'
import { removedAtExit } from '../removed-at-exit.ts'

const bin = fileURLToPath(new URL('../../../bin/millrace.js', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program with these arguments, until it ends by itself. */
export async function millrace(args: readonly string[], input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: environment() })
  // Only a fault keeps it running: then its code is null, and what it printed says the rest.
  const cancel = systemClock.after(HANGS_MS, () => child.kill('SIGKILL'))
  child.stdin.end(input)
  try {
    return await outcome(child)
  } finally {
    cancel()
  }
}

const HANGS_MS = 20_000

/** Whoever runs the tests may have set what the program reads. */
function environment(): NodeJS.ProcessEnv {
  const { MILLRACE_BROKER: _broker, MILLRACE_PASSWORD: _password, ...rest } = process.env
  return rest
}

function outcome(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
}

export interface Running {
  readonly child: ChildProcess
  /** The first address, as a client writes it. */
  readonly url: string
  readonly ready: Readonly<Record<string, unknown>>
  readonly ended: Promise<Outcome>
  stop(signal?: NodeJS.Signals): Promise<Outcome>
}

/** `millrace start --json` with these arguments, ready; it ends with the test. */
export async function startBroker(t: TestContext, args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [bin, 'start', '--listen', 'openwire://127.0.0.1:0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = outcome(child)
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(({ code, stderr }) => {
      throw new Error(`the broker ended with code ${code} before it was ready:\n${stderr}`)
    }),
  ])) as [string]
  const ready = JSON.parse(line) as { addresses: string[] }
  return {
    child,
    url: (ready.addresses[0] ?? '').replace('openwire:', 'tcp:'),
    ready: { ...ready },
    ended,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      return await ended
    },
  }
}

/** A directory that goes with the process: a broker may be ended after what was registered before it. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-cli-'))
  removedAtExit(directory)
  return directory
}

/** Turns one bit of the first file that holds `text`. */
export async function damage(directory: string, text: string): Promise<void> {
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name)
    const content = await readFile(path).catch(() => Buffer.alloc(0))
    const at = content.indexOf(text)
    if (at < 0) continue
    const file = await open(path, 'r+')
    await file.write(Buffer.from([(content[at] as number) ^ 1]), 0, 1, at)
    await file.close()
    return
  }
  throw new Error(`no file in ${directory} holds "${text}"`)
}
