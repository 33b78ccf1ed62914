import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../../packages/broker/build/test/crash-points/host.js', import.meta.url))

/** At which moment of a call of the disk the process dies. */
export type Moment = 'before' | 'after' | 'within'

export interface Look {
  readonly queues: Readonly<Record<string, number>>
  readonly scheduled: number
  readonly durables: readonly string[]
}

/** A process with a broker on real files, which does as it is told and dies where it is told to (`crash-points/host.ts`). */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<readonly [number | null, NodeJS.Signals | null]>
  readonly #answers: ((answer: unknown) => void)[] = []
  /** It is gone. */
  dead = false
  #stderr = ''

  constructor() {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    // It may be gone before it has read what it was told.
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', (line) => this.#answers.shift()?.(JSON.parse(line)))
    this.#ended = once(child, 'close').then(([code, signal]) => {
      this.dead = true
      for (const answer of this.#answers.splice(0)) answer(null)
      return [code, signal] as const
    })
  }

  /** The address for clients; null: it died. */
  async open(directory: string, lateMs: number): Promise<string | null> {
    const opened = (await this.#order({ do: 'open', directory, lateMs })) as { port: number } | null
    return opened === null ? null : `tcp://127.0.0.1:${opened.port}`
  }

  async dieAt(call: number, moment: Moment): Promise<void> {
    await this.#order({ do: 'die', call, moment })
  }

  async advance(ms: number): Promise<void> {
    await this.#order({ do: 'advance', ms })
  }

  async look(): Promise<Look> {
    return (await this.#order({ do: 'look' })) as Look
  }

  async close(): Promise<void> {
    await this.#order({ do: 'close' })
  }

  /** Something failed: because it is gone, or soon will be. Otherwise throws the error. */
  async gone(error: unknown): Promise<void> {
    // It answers only if it lives.
    if (!this.dead && (await this.#order({ do: 'look' })) !== null) throw error
  }

  /** Ends it. Throws when it ended otherwise than by the signal that it gave itself. */
  async end(): Promise<void> {
    if (!this.dead) this.#child.kill('SIGKILL')
    const [code, signal] = await this.#ended
    if (signal !== 'SIGKILL') throw new Error(`the broker ended by ${signal ?? code}:\n${this.#stderr}`)
  }

  #order(order: object): Promise<unknown> {
    if (this.dead) return Promise.resolve(null)
    return new Promise((resolve) => {
      this.#answers.push(resolve)
      this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
    })
  }
}
