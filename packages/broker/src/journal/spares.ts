import type { Logger } from '@millrace/base'
import { type Disk, isDiskFull, writeFullyAsync } from './disk.ts'

/** The reserve that removals need when the disk is full (J13): as many files of full size are kept and not touched. */
const RESERVE = 2
/** Beyond the reserve, files that were segments and are written over. */
const RECYCLED_MAX = 6
/** Zeros are written in slices of this size. */
const SLICE = 1 << 20
/** Full: ticks (of 100 ms) until room is looked for again. */
const RETRY_TICKS = 10

/** A file that belongs to whoever took it. `size`: bytes whose blocks are there and on the disk. */
export interface Spare {
  readonly path: string
  readonly size: number
}

/**
 * Files that become the next segments. A segment that was dropped is the best of them: its blocks are there, so writing
 * over it costs the disk nothing but the bytes (J7); what stood in it cannot be mistaken for something newer (J3).
 * Without one a segment begins as an empty file and grows. Two files of zeros are made in the background and kept as the
 * reserve for a full disk.
 */
export class Spares {
  /** There is no room for the reserve: no messages are taken until there is. */
  full = false
  readonly #directory: string
  readonly #disk: Disk
  readonly #log: Logger
  readonly #size: number
  readonly #failed: (error: unknown) => void
  readonly #names: string[] = []
  #numberLast = 0
  #preparing: Promise<void> | null = null
  #retryTicks = 0
  #closed = false

  /** `failed`: the disk did something that leaves nothing to promise. */
  constructor(directory: string, disk: Disk, log: Logger, size: number, failed: (error: unknown) => void) {
    this.#directory = directory
    this.#disk = disk
    this.#log = log
    this.#size = size
    this.#failed = failed
  }

  get bytes(): number {
    return this.#names.length * this.#size
  }

  /** Takes over what an earlier process had made ready; false: not needed, or not whole. */
  async adopt(name: string): Promise<boolean> {
    this.#numberLast = Math.max(this.#numberLast, Number.parseInt(name.slice(6), 10))
    const path = this.#path(name)
    if (this.#names.length >= RESERVE + RECYCLED_MAX || (await this.#disk.size(path)) !== this.#size) return false
    const file = await this.#disk.open(path, 'durable')
    try {
      // Its size does not say that its zeros are on the disk.
      await file.sync()
    } finally {
      await file.close()
    }
    this.#names.push(name)
    return true
  }

  /** A file for a segment of this size. While the disk is full it comes from the reserve. */
  async take(size: number): Promise<Spare> {
    const kept = this.full ? 0 : RESERVE
    const name = size === this.#size && this.#names.length > kept ? this.#names.shift() : undefined
    if (name !== undefined) return { path: this.#path(name), size: this.#size }
    const path = this.#path(this.#nextName())
    const file = await this.#disk.open(path, 'create')
    await file.close()
    return { path, size: 0 }
  }

  /** A segment's file that is not needed any more; false: it is not wanted here either. */
  async recycle(path: string): Promise<boolean> {
    if (this.#closed || this.#names.length >= RESERVE + RECYCLED_MAX) return false
    const size = await this.#disk.size(path)
    if (size > this.#size || size < this.#size - SLICE) return false
    if (size < this.#size && !(await this.#complete(path, size))) return false
    const name = this.#nextName()
    await this.#disk.rename(path, this.#path(name))
    this.#names.push(name)
    return true
  }

  /** Gives up the reserve, so that something more urgent finds room. False: there is none. */
  async giveUp(): Promise<boolean> {
    this.markFull()
    const name = this.#names.shift()
    if (name === undefined) return false
    await this.#disk.unlink(this.#path(name))
    return true
  }

  /** A write found no room. */
  markFull(): void {
    if (!this.full) this.#log.warn({ directory: this.#directory }, 'disk full, messages are refused')
    this.full = true
    this.#retryTicks = RETRY_TICKS
  }

  /** Something was deleted: there may be room again. */
  freed(): void {
    this.#retryTicks = 0
  }

  prepare(): void {
    if (this.#preparing !== null || this.#closed) return
    if (this.#names.length >= RESERVE) {
      if (this.full) this.#log.info({ directory: this.#directory }, 'room on the disk again')
      this.full = false
      return
    }
    const name = this.#nextName()
    this.#preparing = this.#fill(this.#path(name), this.#size)
      .then(() => this.#disk.syncDirectory(this.#directory))
      .then(
        () => {
          this.#preparing = null
          this.#names.push(name)
          this.prepare()
        },
        (error: unknown) => {
          this.#preparing = null
          if (isDiskFull(error)) this.markFull()
          else this.#failed(error)
        },
      )
  }

  tick(): void {
    if (this.full && this.#retryTicks-- <= 0) {
      this.#retryTicks = RETRY_TICKS
      this.prepare()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#preparing
  }

  /** A segment that grew may have ended a little short of its full size. */
  async #complete(path: string, size: number): Promise<boolean> {
    const file = await this.#disk.open(path, 'durable')
    try {
      await writeFullyAsync(file, Buffer.alloc(this.#size - size), size)
      return true
    } catch (error) {
      if (isDiskFull(error)) return false
      throw error
    } finally {
      await file.close()
    }
  }

  /** A file of zeros, synced. What was begun is removed again when it cannot be finished. */
  async #fill(path: string, size: number): Promise<void> {
    const file = await this.#disk.open(path, 'create')
    try {
      const zeros = Buffer.alloc(Math.min(SLICE, size))
      for (let at = 0; at < size; at += zeros.length) {
        await writeFullyAsync(file, zeros.subarray(0, Math.min(zeros.length, size - at)), at)
      }
      await file.sync()
    } catch (error) {
      await file.close()
      await this.#disk.unlink(path)
      throw error
    }
    await file.close()
  }

  #nextName(): string {
    return `spare-${++this.#numberLast}.journal`
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`
  }
}
