const PREFIX_BYTES = 4

/** Cuts chunks into whole frames, size prefixes included, and keeps what is not whole yet. */
export class Frames {
  #parts: Buffer[] = []
  #have = 0
  /** Bytes that are needed before it is worth to look again. */
  #need = PREFIX_BYTES

  take(chunk: Buffer): Buffer[] {
    this.#parts.push(chunk)
    this.#have += chunk.length
    if (this.#have < this.#need) return []
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)
    const frames: Buffer[] = []
    let at = 0
    for (this.#need = PREFIX_BYTES; bytes.length - at >= this.#need; at += this.#need, this.#need = PREFIX_BYTES) {
      this.#need = PREFIX_BYTES + Math.max(0, bytes.readInt32BE(at))
      if (bytes.length - at < this.#need) break
      frames.push(bytes.subarray(at, at + this.#need))
    }
    this.#parts = at === bytes.length ? [] : [bytes.subarray(at)]
    this.#have = bytes.length - at
    return frames
  }
}
