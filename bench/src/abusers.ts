/**
 * Peers that mean no good, in a process of their own: `abusers.js drip|flood url count text`. Says `ready`, and `gone` when all were
 * dropped.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'

const ABUSERS = 'abusers'
const FLOODS = 10

const ABUSERS_PRIORITY = 10

export class Abusers {
  readonly #child: ChildProcess
  /** Those that drip were all dropped. */
  readonly gone: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.gone = once(child, 'message')
  }

  /** So many peers that say a byte of the text each second. */
  static drip(url: string, count: number, text: string): Promise<Abusers> {
    return Abusers.#start('drip', url, count, text)
  }

  /** Ten at a time, as fast as they come: each says the text again and again, until it is dropped and another follows. */
  static flood(url: string, text: string): Promise<Abusers> {
    return Abusers.#start('flood', url, FLOODS, text)
  }

  static async #start(kind: string, url: string, count: number, text: string): Promise<Abusers> {
    const child = fork(fileURLToPath(import.meta.url), [ABUSERS, kind, url, String(count), JSON.stringify(text)], {
      stdio: 'inherit',
    })
    // On two processors they would take the measured client its time; from another machine they could not.
    if (child.pid !== undefined) setPriority(child.pid, ABUSERS_PRIORITY)
    await once(child, 'message')
    return new Abusers(child)
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

async function opened(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url.replace(/^[a-z]+:/, 'tcp:'))
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  socket.on('error', () => {}).resume()
  await Promise.race([once(socket, 'connect'), new Promise((resolve) => socket.once('close', resolve))])
  return socket
}

async function drip(url: string, count: number, text: string): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: count }, () => opened(url)))
  process.send?.('ready')
  let second = 0
  const timer = setInterval(() => {
    const byte = text.charAt(second++) || 'a'
    for (const socket of sockets) if (socket.writable) socket.write(byte)
  }, 1000)
  await Promise.all(
    sockets.filter((socket) => !socket.closed).map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  )
  clearInterval(timer)
  process.send?.('gone')
}

async function flood(url: string, count: number, text: string): Promise<void> {
  process.send?.('ready')
  const piece = text.length < 2 ? text.repeat(64 * 1024) : text
  const one = async (): Promise<never> => {
    for (;;) {
      const socket = await opened(url)
      const closed = new Promise((resolve) => socket.once('close', resolve))
      while (piece !== '' && socket.writable) {
        if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
        else await new Promise((resolve) => setImmediate(resolve))
      }
      socket.destroy()
      await closed
    }
  }
  await Promise.all(Array.from({ length: count }, one))
}

if (process.argv[2] === ABUSERS) {
  const [kind = '', url = '', count = '', text = ''] = process.argv.slice(3)
  process.on('disconnect', () => process.exit(0))
  await (kind === 'drip' ? drip : flood)(url, Number(count), JSON.parse(text) as string)
}
