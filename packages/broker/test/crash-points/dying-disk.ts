import type { Disk, DiskDone, DiskFile, DiskLock, OpenMode } from '../../src/journal/disk.ts'

/** `before` the call, `after` it, or `within`: a write is half done. */
export type Moment = 'before' | 'after' | 'within'

/**
 * The disk of this machine, with a counter: the process dies by SIGKILL at the call with the number that it was given.
 * Counted is what changes something: making, writing, syncing, renaming and deleting files, and syncing a directory.
 */
export class DyingDisk implements Disk {
  readonly #disk: Disk
  #left = 0
  #moment: Moment = 'before'

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** From here on; 0 = never. */
  dieAt(call: number, moment: Moment): void {
    this.#left = call
    this.#moment = moment
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#disk.makeDirectory(path)
  }

  list(directory: string): Promise<string[]> {
    return this.#disk.list(directory)
  }

  size(path: string): Promise<number> {
    return this.#disk.size(path)
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const open = (): Promise<DiskFile> => this.#disk.open(path, mode)
    return new DyingFile(this, mode === 'create' ? await this.counted(open) : await open())
  }

  rename(from: string, to: string): Promise<void> {
    return this.counted(() => this.#disk.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.counted(() => this.#disk.unlink(path))
  }

  syncDirectory(directory: string): Promise<void> {
    return this.counted(() => this.#disk.syncDirectory(directory))
  }

  lock(path: string): Promise<DiskLock> {
    return this.#disk.lock(path)
  }

  /** A call begins. When it is the last one: at which moment it ends the process. */
  count(): Moment | null {
    if (this.#left === 0 || --this.#left > 0) return null
    return this.#moment
  }

  async counted<T>(call: () => Promise<T>): Promise<T> {
    const moment = this.count()
    if (moment === 'before' || moment === 'within') die()
    const result = await call()
    if (moment === 'after') die()
    return result
  }
}

class DyingFile implements DiskFile {
  readonly #disk: DyingDisk
  readonly #file: DiskFile

  constructor(disk: DyingDisk, file: DiskFile) {
    this.#disk = disk
    this.#file = file
  }

  read(into: Buffer, at: number, length: number, position: number, done: DiskDone): void {
    this.#file.read(into, at, length, position, done)
  }

  write(bytes: Buffer, at: number, length: number, position: number, now: boolean, done: DiskDone): void {
    const moment = this.#disk.count()
    if (moment === 'before') die()
    if (moment === 'within') {
      this.#file.write(bytes, at, Math.max(1, length >> 1), position, now, die)
      return
    }
    this.#file.write(bytes, at, length, position, now, (error, count) => {
      if (moment === 'after') die()
      done(error, count)
    })
  }

  sync(): Promise<void> {
    return this.#disk.counted(() => this.#file.sync())
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
