import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../packages/broker/bin/millrace.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A broker as an operator runs it: the real program in its own process, on a free port. */
export class BrokerProcess {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #ready: Promise<string>
  #stderr = ''

  /** `listen`: by default on a free port. */
  constructor(data: string, listen = 'openwire://127.0.0.1:0') {
    const args = [program, 'start', '--data', data, '--listen', listen, '--json', '--log-level', 'warn']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Ended)
    const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) => text as string)
    this.#ready = Promise.race([
      line.then(
        (text) => (JSON.parse(text) as { addresses: string[] }).addresses[0]?.replace('openwire:', 'tcp:') ?? '',
      ),
      this.ended.then((ended) => {
        throw new Error(`the broker ended before it was ready (${ended.signal ?? ended.code}):\n${this.#stderr}`)
      }),
    ])
    // Whoever kills it before it is ready does not ask.
    this.#ready.catch(() => {})
  }

  /** The address for clients, once it listens. */
  get ready(): Promise<string> {
    return this.#ready
  }

  /** What it logged. */
  get stderr(): string {
    return this.#stderr
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  async stop(): Promise<Ended> {
    this.#child.kill('SIGTERM')
    return await this.ended
  }
}
