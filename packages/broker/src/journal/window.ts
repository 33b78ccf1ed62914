import { type DiskFile, readFully } from './disk.ts'
import { FRAME_HEAD, frameLengthAt } from './frame.ts'

/** So much is read at a time. */
const WINDOW = 4 << 20

/** A file read front to back in large pieces; a frame that crosses a border is read whole. */
export class Window {
  bytes: Buffer = Buffer.alloc(0)
  /** Offset in the file of the first byte. */
  from = 0
  readonly #file: DiskFile
  readonly #end: number

  constructor(file: DiskFile, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Has the frame at `position` in `bytes` and says how long it claims to be; 0: there is none that fits. */
  async frame(position: number): Promise<number> {
    if (!this.#holds(position, FRAME_HEAD)) await this.#load(position, WINDOW)
    const lengthMax = this.#end - position
    const length = frameLengthAt(this.bytes, position - this.from, this.bytes.length, lengthMax)
    if (length === 0 || this.#holds(position, length)) return length
    await this.#load(position, Math.max(WINDOW, length))
    return this.#holds(position, length) ? length : 0
  }

  /** Offset of the next occurrence at or behind `position`; -1: none. */
  async find(pattern: Buffer, position: number): Promise<number> {
    let at = position
    for (;;) {
      if (!this.#holds(at, pattern.length)) await this.#load(at, WINDOW)
      if (!this.#holds(at, pattern.length)) return -1
      const found = this.bytes.indexOf(pattern, at - this.from)
      if (found >= 0) return this.from + found
      at = this.from + this.bytes.length - pattern.length + 1
    }
  }

  #holds(position: number, length: number): boolean {
    return position >= this.from && position + length <= this.from + this.bytes.length
  }

  async #load(position: number, length: number): Promise<void> {
    // Not the same buffer again: whoever got a view of it may still look.
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#end - position)))
    const count = await readFully(this.#file, bytes, bytes.length, position)
    this.bytes = bytes.subarray(0, count)
    this.from = position
  }
}
