/** The Java client in a process of its own, worked by JSON lines (interop/java/driver). */
import { type Child, startChild } from './child.ts'
import type { Incoming } from './exchange.ts'
import { type Generation, javaArguments } from './java.ts'
import {
  type ConsumerOptions,
  type Mode,
  type Party,
  type PartyConnection,
  type PartyConsumer,
  PartyError,
  type PartyMessage,
  type PartyProducer,
  type PartySession,
  type PartyXASession,
} from './party.ts'

/** How long a message that must come is waited for. It bounds a failing run, no passing one. */
const PATIENCE_MS = 20_000

/** `options`: more of `java` itself. */
export async function javaParty(generation: Generation, options: readonly string[] = []): Promise<Party> {
  const args = await javaArguments(`client${generation}`, 'Driver', ['-Xmx256M', ...options])
  const child = startChild('java', args)
  const ready = await child.first()
  const remote = new Remote(child)
  return {
    name: `Java client ${String(ready['version'])}`,
    connect: async (url, options = {}) => {
      const waiting = new Exceptions()
      const ref = await remote.ask('connect', { url, ...options })
      remote.on(ref, (event) => waiting.add(error(event['error'])))
      return connection(remote, Number(ref), waiting)
    },
    close: () => child.stop(),
  }
}

interface Waiter {
  resolve(value: unknown): void
  reject(error: Error): void
}

class Remote {
  readonly #child: Child
  readonly #waiters = new Map<number, Waiter>()
  readonly #listeners = new Map<unknown, (event: Record<string, unknown>) => void>()
  /** Events that came before somebody asked for them, by ref. */
  readonly #early = new Map<unknown, Record<string, unknown>[]>()
  #last = 0

  constructor(child: Child) {
    this.#child = child
    child.onLine((line) => this.#line(line))
    void child.ended.then(() => {
      for (const waiter of this.#waiters.values()) waiter.reject(new Error(`The Java client is gone:\n${child.said()}`))
      this.#waiters.clear()
    })
  }

  ask(what: string, request: object = {}): Promise<unknown> {
    this.#last++
    const id = this.#last
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject })
      this.#child.write(JSON.stringify({ id, do: what, ...request }))
    })
  }

  on(ref: unknown, listener: (event: Record<string, unknown>) => void): void {
    this.#listeners.set(ref, listener)
    for (const event of this.#early.get(ref) ?? []) listener(event)
    this.#early.delete(ref)
  }

  #line(line: Record<string, unknown>): void {
    if (line['event'] !== undefined) {
      const ref = line['ref']
      const listener = this.#listeners.get(ref)
      if (listener !== undefined) listener(line)
      else this.#early.set(ref, [...(this.#early.get(ref) ?? []), line])
      return
    }
    const id = Number(line['id'])
    const waiter = this.#waiters.get(id)
    this.#waiters.delete(id)
    if (line['error'] === undefined) waiter?.resolve(line['value'])
    else waiter?.reject(error(line['error']))
  }
}

/** Exceptions in order, and who waits for the next. */
export class Exceptions {
  readonly all: PartyError[] = []
  #asked = 0
  #waiting: ((error: PartyError) => void)[] = []

  add(error: PartyError): void {
    this.all.push(error)
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    this.#asked++
    waiting(error)
  }

  next(): Promise<PartyError> {
    const known = this.all[this.#asked]
    if (known === undefined) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#asked++
    return Promise.resolve(known)
  }
}

function connection(remote: Remote, ref: number, exceptions: Exceptions): PartyConnection {
  return {
    exceptions: exceptions.all,
    exception: () => exceptions.next(),
    session: async (mode: Mode = 'auto') =>
      session(remote, ref, await remote.ask('session', { connection: ref, mode })),
    xaSession: async () => {
      const own = await remote.ask('session', { connection: ref, mode: 'xa' })
      return xaSession(session(remote, ref, own), (what, xid) =>
        remote.ask('xa', { session: own, what, ...(xid === undefined ? {} : { xid }) }),
      )
    },
    start: async () => void (await remote.ask('start', { connection: ref })),
    close: async () => void (await remote.ask('close', { ref })),
    destroy: async (destination) => void (await remote.ask('destroy', { connection: ref, destination })),
  }
}

function session(remote: Remote, connection: number, ref: unknown): PartySession {
  const here = { connection, session: ref }
  const tell = async (what: string, request: object = {}): Promise<void> =>
    void (await remote.ask(what, { ...here, ...request }))
  return {
    producer: async (destination) =>
      producer(remote, await remote.ask('producer', { ...here, destination: destination ?? null })),
    consumer: async (destination: string, options: ConsumerOptions = {}) =>
      consumer(remote, await remote.ask('consumer', { ...here, destination, ...options })),
    browse: async (destination, selector) =>
      (await remote.ask('browse', { ...here, destination, selector: selector ?? null })) as Incoming[],
    temporaryQueue: async () => String(await remote.ask('temporary-queue', here)),
    temporaryTopic: async () => String(await remote.ask('temporary-topic', here)),
    deleteTemporary: (destination) => tell('delete-temporary', { destination }),
    unsubscribe: (name) => tell('unsubscribe', { name }),
    commit: () => tell('commit'),
    rollback: () => tell('rollback'),
    recover: () => tell('recover'),
    close: () => tell('close', { ref }),
  }
}

function xaSession(own: PartySession, ask: (what: string, xid?: string) => Promise<unknown>): PartyXASession {
  const tell = async (what: string, xid: string): Promise<void> => void (await ask(what, xid))
  return {
    ...own,
    start: (branch) => tell('start', branch),
    end: (branch) => tell('end', branch),
    prepare: (branch) => tell('prepare', branch),
    commitBranch: (branch, onePhase) => tell(onePhase ? 'commit-one-phase' : 'commit', branch),
    rollbackBranch: (branch) => tell('rollback', branch),
    recoverBranches: async () => (await ask('recover')) as string[],
  }
}

function producer(remote: Remote, ref: unknown): PartyProducer {
  return {
    send: async (message, options = {}) => (await remote.ask('send', { ref, message, ...options })) as Incoming,
    close: async () => void (await remote.ask('close', { ref })),
  }
}

function consumer(remote: Remote, ref: unknown): PartyConsumer {
  const poll = async (timeout: number): Promise<PartyMessage | null> => {
    const message = await remote.ask('receive', { ref, timeout })
    return message === null ? null : held(remote, message as Incoming & { ref: number })
  }
  return {
    poll,
    receive: async () => {
      const message = await poll(PATIENCE_MS)
      if (message === null) throw new PartyError('NothingCame', `No message within ${PATIENCE_MS / 1000} s.`)
      return message
    },
    listen: async (heard, failures = 0) => {
      remote.on(ref, (event) => heard(held(remote, event['message'] as Incoming & { ref: number })))
      await remote.ask('listen', { ref, failures })
    },
    close: async () => void (await remote.ask('close', { ref })),
  }
}

function held(remote: Remote, message: Incoming & { ref: number }): PartyMessage {
  const { ref, ...rest } = message
  return { ...rest, acknowledge: async () => void (await remote.ask('acknowledge', { ref })) }
}

function error(of: unknown): PartyError {
  const { name, message } = of as { name: string; message: string }
  return new PartyError(name, message)
}
