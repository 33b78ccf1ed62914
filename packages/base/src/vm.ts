/** One end of a connection inside the process: what a socket is to a process elsewhere. Chunks are never written to after they were handed over. */
export interface VmPeer {
  receive(chunk: Buffer): void
  /** The other end is gone. Called once, last. */
  closed(): void
}

/** Takes the client's end and gives the broker's. Throws when the broker is stopping. */
export type VmConnect = (client: VmPeer) => VmPeer

// On the global object, because two copies of this module (a bundler's and Node's) must see one registry.
const KEY = Symbol.for('millrace.vm')

function registry(): Map<string, VmConnect> {
  const holder = globalThis as { [KEY]?: Map<string, VmConnect> }
  holder[KEY] ??= new Map()
  return holder[KEY]
}

/** A broker of this process says that `vm://name` leads to it. Returns false when the name is taken. */
export function registerVm(name: string, connect: VmConnect): boolean {
  const names = registry()
  if (names.has(name)) return false
  names.set(name, connect)
  return true
}

export function unregisterVm(name: string): void {
  registry().delete(name)
}

export function findVm(name: string): VmConnect | undefined {
  return registry().get(name)
}

/** The broker of this process that was registered first. */
export function firstVm(): VmConnect | undefined {
  return registry().values().next().value
}
