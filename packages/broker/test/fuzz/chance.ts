import type { Random } from '@millrace/base'

/** What a generator of inputs asks of chance. */
export class Chance {
  /** A whole number from 0 to below `limit`. */
  readonly below: Random

  constructor(random: Random) {
    this.below = random
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let i = 0; i < length; i++) bytes[i] = this.below(256)
    return bytes
  }

  /** Mostly a few, now and then many. */
  length(max: number): number {
    return this.below(1 + this.of([4, 16, 64, max]))
  }
}

/** Bytes that are changed, cut out, doubled or put in, in a few places. */
export function damaged(bytes: Buffer, chance: Chance): Buffer {
  let result = bytes
  for (let i = chance.below(3); i >= 0; i--) {
    const at = chance.below(result.length + 1)
    const end = Math.min(result.length, at + 1 + chance.below(8))
    const [before, middle, after] = [result.subarray(0, at), result.subarray(at, end), result.subarray(end)]
    switch (chance.below(4)) {
      case 0:
        result = Buffer.concat([before, chance.bytes(middle.length), after])
        break
      case 1:
        result = Buffer.concat([before, after])
        break
      case 2:
        result = Buffer.concat([before, middle, middle, after])
        break
      default:
        result = Buffer.concat([before, Buffer.of(chance.of([0, 10, 13, 58, 92, 255])), middle, after])
    }
  }
  return result
}

/** The same bytes in pieces: one, a few, or one for each byte. */
export function pieces(bytes: Buffer, chance: Chance): Buffer[] {
  if (bytes.length < 2 || !chance.oneIn(3)) return [bytes]
  if (bytes.length < 200 && chance.oneIn(4)) return Array.from(bytes, (byte) => Buffer.of(byte))
  const result: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + chance.below(bytes.length))
    result.push(bytes.subarray(at, end))
    at = end
  }
  return result
}
