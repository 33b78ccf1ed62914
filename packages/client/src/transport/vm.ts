import { type Clock, findVm, firstVm, type VmConnect, type VmPeer } from '@millrace/base'
import { MessageChannel } from 'node:worker_threads'
import { ConnectionFailedError } from '../errors.ts'
import type { TransportOptions } from '../options.ts'
import type { BrokerUrl } from '../uri.ts'
import type { Link, LinkListener, OpenLink } from './link.ts'
import { newVmBroker } from './vm-broker.ts'

const POLL_MS = 20
const ANY = 'localhost'

/** Brokers that this process made for a `vm:` URL, with the number of links to each: the last one stops it. */
const created = new Map<string, { stop: () => Promise<void>; links: number; ready: Promise<void> }>()

const stopping = new Map<string, Promise<void>>()

/**
 * `vm://name`: a broker of this process. When there is none of that name it is created (model behaviour) with the
 * `millrace` package, as `newVmBroker` says, and stops when the last connection to it closes; `create=false` prevents that.
 * `vm://localhost` is any broker of this process when none has that name, as in the model system. Frames pass as bytes, as over
 * a socket, so that nothing is shared between the two sides.
 */
export function openVm(url: BrokerUrl, options: TransportOptions, clock: Clock): OpenLink {
  const name = url.host === '' ? ANY : url.host
  return async (listener) => {
    let found = lookUp(name)
    if (found === undefined && (options.waitForStart ?? -1) > 0) {
      found = await waitFor(name, options.waitForStart ?? 0, clock)
    }
    let owned = false
    if (found === undefined || created.has(name)) {
      if (found === undefined && options.create === false) {
        throw new ConnectionFailedError(`no broker named "${name}" runs in this process, and create=false`)
      }
      await create(name, url)
      owned = true
      found = findVm(name)
      if (found === undefined) throw new ConnectionFailedError(`the broker created for vm://${name} does not answer`)
    }
    return new VmLink(found, listener, owned ? () => release(name) : () => {})
  }
}

async function create(name: string, url: BrokerUrl): Promise<void> {
  let entry = created.get(name)
  if (entry === undefined) {
    let stop: () => Promise<void> = async () => {}
    const ready = (async () => {
      await stopping.get(name)
      const service = await newVmBroker(name, url)
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
  // Nobody is left who could be told of a failure; the next of that name begins when this one has let go of what it held.
  const stopped = entry.stop().catch(() => {})
  stopping.set(name, stopped)
  void stopped.then(() => stopping.delete(name))
}

function lookUp(name: string): VmConnect | undefined {
  return findVm(name) ?? (name === ANY ? firstVm() : undefined)
}

async function waitFor(name: string, timeoutMs: number, clock: Clock): Promise<VmConnect | undefined> {
  const end = clock.monotonic() + timeoutMs
  for (let found = lookUp(name); ; found = lookUp(name)) {
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
