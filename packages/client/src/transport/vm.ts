import { type Clock, findVm, type VmConnect, type VmPeer } from '@millrace/base'
import { MessageChannel } from 'node:worker_threads'
import { ConfigurationError, ConnectionFailedError } from '../errors.ts'
import type { TransportOptions } from '../options.ts'
import type { BrokerUrl } from '../uri.ts'
import type { Link, LinkListener, OpenLink } from './link.ts'

const POLL_MS = 20

/** Brokers that this process made for a `vm:` URL, with the number of links to each: the last one stops it. */
const created = new Map<string, { stop: () => Promise<void>; links: number; ready: Promise<void> }>()

/**
 * `vm://name`: a broker of this process. When there is none of that name it is created, in memory, with the `millrace`
 * package, and stops when the last connection to it closes; `create=false` prevents that. Frames pass as bytes, as over
 * a socket, so that nothing is shared between the two sides.
 */
export function openVm(url: BrokerUrl, options: TransportOptions, clock: Clock): OpenLink {
  const name = url.host === '' ? 'localhost' : url.host
  return async (listener) => {
    let found = findVm(name)
    if (found === undefined && (options.waitForStart ?? -1) > 0) {
      found = await waitFor(name, options.waitForStart ?? 0, clock)
    }
    let owned = false
    if (found === undefined || created.has(name)) {
      if (found === undefined && options.create === false) {
        throw new ConnectionFailedError(`no broker named "${name}" runs in this process, and create=false`)
      }
      await create(name)
      owned = true
      found = findVm(name)
      if (found === undefined) throw new ConnectionFailedError(`the broker created for vm://${name} does not answer`)
    }
    return new VmLink(found, listener, owned ? () => release(name) : () => {})
  }
}

async function create(name: string): Promise<void> {
  let entry = created.get(name)
  if (entry === undefined) {
    let stop: () => Promise<void> = async () => {}
    const ready = (async () => {
      const service = await newBroker(name)
      stop = () => service.stop()
      await service.start()
    })()
    entry = { links: 0, ready, stop: () => stop() }
    created.set(name, entry)
  }
  entry.links++
  try {
    await entry.ready
  } catch (error) {
    created.delete(name)
    throw error
  }
}

function release(name: string): void {
  const entry = created.get(name)
  if (entry === undefined) return
  entry.links--
  if (entry.links > 0) return
  created.delete(name)
  // Nobody is left who could be told.
  entry.stop().catch(() => {})
}

interface Service {
  start(): Promise<void>
  stop(): Promise<void>
}

interface BrokerPackage {
  BrokerService: new (options: { name: string; memory: boolean; vmName: string; listen: string[] }) => Service
}

async function newBroker(name: string): Promise<Service> {
  // By a variable, because the client does not depend on the broker: only who wants it here installs it.
  const packageName: string = 'millrace'
  let broker: BrokerPackage
  try {
    broker = (await import(packageName)) as BrokerPackage
  } catch (error) {
    throw new ConfigurationError(
      `no broker named "${name}" runs in this process, and none can be created: install the package "millrace"`,
      { cause: error },
    )
  }
  return new broker.BrokerService({ name, memory: true, vmName: name, listen: [] })
}

async function waitFor(name: string, timeoutMs: number, clock: Clock): Promise<VmConnect | undefined> {
  const end = clock.monotonic() + timeoutMs
  for (let found = findVm(name); ; found = findVm(name)) {
    if (found !== undefined || clock.monotonic() >= end) return found
    await new Promise<void>((resolve) => {
      clock.after(POLL_MS, resolve)
    })
  }
}

class VmLink implements Link, VmPeer {
  readonly waiting = 0
  /** Chunks belong to whoever received them. */
  readonly reusable = false
  readonly #listener: LinkListener
  readonly #peer: VmPeer
  readonly #release: () => void
  /** A socket keeps the process alive; here a port that nothing is ever sent through does. */
  readonly #alive = new MessageChannel().port1
  #open = true

  constructor(connect: VmConnect, listener: LinkListener, release: () => void) {
    this.#listener = listener
    this.#release = release
    this.#peer = connect(this)
    this.#alive.ref()
  }

  receive(chunk: Buffer): void {
    if (this.#open) this.#listener.received(chunk)
  }

  closed(): void {
    if (!this.#open) return
    this.#open = false
    this.#alive.close()
    this.#release()
    this.#listener.closed(null)
  }

  write(chunk: Buffer): void {
    if (this.#open) this.#peer.receive(chunk)
  }

  end(): void {
    if (!this.#open) return
    this.#open = false
    this.#alive.close()
    this.#peer.closed()
    this.#release()
    this.#listener.closed(null)
  }

  destroy(): void {
    this.end()
  }

  setNoDelay(): void {}

  ref(): void {
    this.#alive.ref()
  }

  unref(): void {
    this.#alive.unref()
  }
}
