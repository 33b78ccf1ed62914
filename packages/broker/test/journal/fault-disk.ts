import { MillraceError, type Random } from '@millrace/base'
import type { Disk, DiskDone, DiskFile, DiskLock, OpenMode } from '../../src/journal/disk.ts'

/** Writes tear at these borders. */
const SECTOR = 512

interface Image {
  /** What a read sees. */
  current: Buffer
  /** What is on stable storage. */
  synced: Buffer
  /** Ranges of `current` that are not. */
  pending: { from: number; to: number }[]
}

export interface Call {
  readonly kind: 'write' | 'sync' | 'create' | 'syncDirectory' | 'rename' | 'unlink' | 'read'
  readonly path: string
  readonly position: number
  readonly length: number
  readonly durable: boolean
  /** Bytes of the file before a write. */
  readonly size?: number
  /** It is done within the call. */
  readonly now?: boolean
}

/** What becomes of a call: it fails with this, a write does only so many bytes, or all is well. */
export type Fault = { readonly code: string; readonly afterBytes?: number } | { readonly short: number } | null

/**
 * A disk in memory that can lose power, tear what was not synced, and fail at any call. `faults` is asked before each
 * call. A disk that died answers nothing any more, as to a process that was killed.
 */
export class FaultDisk implements Disk {
  faults: (call: Call) => Fault = () => null
  readonly #files: Map<string, Image>
  /** The directory entries that are on stable storage. */
  readonly #entries: Map<string, Image>
  readonly calls: Call[] = []
  /** Bytes that all files may have together. */
  capacity: number = Number.POSITIVE_INFINITY
  /** Turns of the microtask queue that a durable write takes. */
  writeDelay = 1
  /** Set: every call waits until this says go, in whatever order it likes; the simulator's disk. */
  pace: ((go: () => void) => void) | null = null
  /** Files that were opened and not closed. */
  openFiles = 0
  readonly #locked = new Set<string>()
  #dead = false

  constructor(files: Map<string, Image> = new Map(), entries: Map<string, Image> = new Map(files)) {
    this.#files = files
    this.#entries = entries
  }

  /** The process is gone, the machine is not: everything that was written can be read. */
  kill(): FaultDisk {
    this.#dead = true
    return this.afterKill()
  }

  powerCut(random: Random): FaultDisk {
    this.#dead = true
    return this.afterPowerCut(random)
  }

  /** What a kill at this moment would leave. */
  afterKill(): FaultDisk {
    return new FaultDisk(copyOf(this.#files, false), copyOf(this.#entries, false))
  }

  /**
   * What a power cut at this moment would leave. What was not synced is there or not, sector by sector; names that were not synced are as they
   * were before or after, each on its own.
   */
  afterPowerCut(random: Random): FaultDisk {
    const files = new Map<string, Image>()
    const paths = new Set([...this.#files.keys(), ...this.#entries.keys()])
    for (const path of paths) {
      const before = this.#entries.get(path)
      const after = this.#files.get(path)
      const image = before === after || random(2) === 0 ? before : after
      if (image !== undefined) files.set(path, torn(image, random))
    }
    return new FaultDisk(files)
  }

  /** A copy of a file as a process would read it. */
  bytes(path: string): Buffer {
    const image = this.#files.get(path)
    if (image === undefined) throw new Error(`${path} is not there`)
    return Buffer.from(image.current)
  }

  paths(): string[] {
    return [...this.#files.keys()].sort()
  }

  put(path: string, bytes: Buffer): void {
    const image = { current: Buffer.from(bytes), synced: Buffer.from(bytes), pending: [] }
    this.#files.set(path, image)
    this.#entries.set(path, image)
  }

  delete(path: string): void {
    this.#files.delete(path)
    this.#entries.delete(path)
  }

  /** Another disk with the same contents, all of it synced. */
  copy(): FaultDisk {
    return new FaultDisk(copyOf(this.#files, true))
  }

  async makeDirectory(): Promise<void> {
    await this.alive()
  }

  async list(directory: string): Promise<string[]> {
    await this.alive()
    return this.paths()
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => path.slice(directory.length + 1))
  }

  async size(path: string): Promise<number> {
    await this.alive()
    const image = this.#files.get(path)
    if (image === undefined) throw errorOf('ENOENT', path)
    return image.current.length
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    if (mode === 'create') {
      await this.#before({ kind: 'create', path, position: 0, length: 0, durable: false })
      this.#files.set(path, { current: Buffer.alloc(0), synced: Buffer.alloc(0), pending: [] })
    } else await this.alive()
    const image = this.#files.get(path)
    if (image === undefined) throw errorOf('ENOENT', path)
    this.openFiles++
    return new FaultFile(this, path, image, mode === 'durable')
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#before({ kind: 'rename', path: from, position: 0, length: 0, durable: false })
    const image = this.#files.get(from)
    if (image === undefined) throw errorOf('ENOENT', from)
    this.#files.delete(from)
    this.#files.set(to, image)
  }

  async unlink(path: string): Promise<void> {
    await this.#before({ kind: 'unlink', path, position: 0, length: 0, durable: false })
    if (!this.#files.delete(path)) throw errorOf('ENOENT', path)
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#before({ kind: 'syncDirectory', path: directory, position: 0, length: 0, durable: false })
    this.#entries.clear()
    for (const [path, image] of this.#files) this.#entries.set(path, image)
  }

  async lock(path: string): Promise<DiskLock> {
    await this.alive()
    if (this.#locked.has(path)) throw new MillraceError('STORE_LOCKED', `the store is in use by process 1 (${path})`)
    this.#locked.add(path)
    return {
      release: () => {
        this.#locked.delete(path)
        return Promise.resolve()
      },
    }
  }

  /** Bytes of all files together. */
  get used(): number {
    let bytes = 0
    for (const image of this.#files.values()) bytes += image.current.length
    return bytes
  }

  get dead(): boolean {
    return this.#dead
  }

  /** Whether a file may have this size. */
  hasRoom(path: string, size: number): boolean {
    let bytes = size
    for (const [other, image] of this.#files) if (other !== path) bytes += image.current.length
    return bytes <= this.capacity
  }

  /** A dead process waits for ever. */
  alive(): Promise<void> {
    if (this.#dead) return new Promise(() => {})
    const { pace } = this
    if (pace === null) return Promise.resolve()
    return new Promise((resolve) => {
      pace(() => {
        if (!this.#dead) resolve()
      })
    })
  }

  /** Calls back when the disk gets to it. */
  later(turns: number, callback: () => void): void {
    if (this.pace === null) later(turns, callback)
    else this.pace(callback)
  }

  async #before(call: Call): Promise<void> {
    await this.alive()
    this.calls.push(call)
    const fault = this.faults(call)
    if (fault !== null && 'code' in fault) throw errorOf(fault.code, call.path)
  }
}

class FaultFile implements DiskFile {
  readonly #disk: FaultDisk
  readonly #path: string
  readonly #image: Image
  readonly #durable: boolean

  constructor(disk: FaultDisk, path: string, image: Image, durable: boolean) {
    this.#disk = disk
    this.#path = path
    this.#image = image
    this.#durable = durable
  }

  read(into: Buffer, at: number, length: number, position: number, done: DiskDone): void {
    this.#disk.later(1, () => {
      if (this.#disk.dead) return
      const fault = this.#ask('read', position, length)
      if (fault !== null && 'code' in fault) {
        done(errorOf(fault.code, this.#path), 0)
        return
      }
      const most = fault === null ? length : Math.min(length, fault.short)
      const { current } = this.#image
      const from = Math.min(position, current.length)
      done(null, current.copy(into, at, from, Math.min(position + most, current.length)))
    })
  }

  write(bytes: Buffer, at: number, length: number, position: number, now: boolean, done: DiskDone): void {
    const fault = this.#ask('write', position, length, now)
    let count = length
    if (fault !== null) count = Math.min(length, 'short' in fault ? fault.short : (fault.afterBytes ?? 0))
    this.#put(bytes.subarray(at, at + count), position)
    const written = (): void => {
      if (this.#disk.dead) return
      if (fault !== null && 'code' in fault) {
        done(errorOf(fault.code, this.#path), 0)
        return
      }
      if (this.#durable) this.#settle()
      done(null, count)
    }
    if (now) written()
    else this.#disk.later(this.#durable ? this.#disk.writeDelay : 1, written)
  }

  async sync(): Promise<void> {
    await this.#disk.alive()
    const fault = this.#ask('sync', 0, 0)
    if (fault !== null && 'code' in fault) {
      // As Linux does it: the pages are clean now, and the next sync would succeed.
      this.#image.pending = []
      throw errorOf(fault.code, this.#path)
    }
    this.#settle()
  }

  close(): Promise<void> {
    this.#disk.openFiles--
    return Promise.resolve()
  }

  #ask(kind: Call['kind'], position: number, length: number, now = false): Fault {
    if (this.#disk.dead) return null
    const call = {
      kind,
      path: this.#path,
      position,
      length,
      durable: this.#durable,
      size: this.#image.current.length,
      now,
    }
    if (kind !== 'read') this.#disk.calls.push(call)
    const grows = kind === 'write' && position + length > this.#image.current.length
    if (grows && !this.#disk.hasRoom(this.#path, position + length)) return { code: 'ENOSPC' }
    return this.#disk.faults(call)
  }

  #put(bytes: Buffer, position: number): void {
    if (this.#disk.dead || bytes.length === 0) return
    const image = this.#image
    const end = position + bytes.length
    if (end > image.current.length) {
      const larger = Buffer.alloc(end)
      image.current.copy(larger)
      image.current = larger
    }
    image.current.set(bytes, position)
    image.pending.push({ from: position, to: end })
  }

  #settle(): void {
    const image = this.#image
    if (image.synced.length < image.current.length) {
      const larger = Buffer.alloc(image.current.length)
      image.synced.copy(larger)
      image.synced = larger
    }
    for (const { from, to } of image.pending) image.current.copy(image.synced, from, from, to)
    image.pending = []
  }
}

function later(turns: number, callback: () => void): void {
  if (turns === 0) callback()
  else queueMicrotask(() => later(turns - 1, callback))
}

function torn(image: Image, random: Random): Image {
  let bytes = Buffer.from(image.synced)
  for (const { from, to } of image.pending) {
    for (let at = from; at < to; at = Math.min(to, at + SECTOR - (at % SECTOR))) {
      if (random(2) === 0) continue
      const end = Math.min(to, at + SECTOR - (at % SECTOR))
      if (end > bytes.length) {
        const larger = Buffer.alloc(end)
        bytes.copy(larger)
        bytes = larger
      }
      image.current.copy(bytes, at, at, end)
    }
  }
  return { current: bytes, synced: Buffer.from(bytes), pending: [] }
}

function copyOf(files: ReadonlyMap<string, Image>, synced: boolean): Map<string, Image> {
  const copy = new Map<string, Image>()
  for (const [path, image] of files) {
    const current = Buffer.from(image.current)
    copy.set(path, {
      current,
      synced: synced ? Buffer.from(current) : Buffer.from(image.synced),
      pending: synced ? [] : [...image.pending],
    })
  }
  return copy
}

function errorOf(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
