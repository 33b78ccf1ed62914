import type { Logger } from '@millrace/base'
import { type Disk, isDiskFull, writeFullyAsync } from './disk.ts'

/** Made ready ahead: one to go on with, and the reserve that removals need when the disk is full (J13). */
const COUNT = 2
/** Zeros are written in slices of this size. */
const SLICE = 1 << 20
/** Full: ticks (of 100 ms) until room is looked for again. */
const RETRY_TICKS = 10

/**
 * Files full of zeros, synced, that become the next segments (J7). They are made in the background, slice by slice, so
 * that nobody waits for them unless the disk is slower than what is stored.
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
    if (this.#names.length >= COUNT || (await this.#disk.size(path)) !== this.#size) return false
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

  /** The path of a file of this size that belongs to the caller now. */
  async take(size: number): Promise<string> {
    if (size === this.#size) {
      if (this.#names.length === 0) await this.#preparing
      const name = this.#names.shift()
      if (name !== undefined) return this.#path(name)
    }
    const path = this.#path(this.#nextName())
    await this.#fill(path, size)
    return path
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
    if (this.#names.length >= COUNT) {
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
