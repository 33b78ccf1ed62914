/** Small enough that one message that stays long holds little besides itself. */
const SLAB_BYTES = 16 * 1024
/** What is larger gets memory of its own. */
const PIECE_BYTES_MAX = 4 * 1024

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
let used = 0

/**
 * Memory for the bytes of one message. Neighbours share a slab, because one allocation per message costs more than
 * copying it; a slab goes when the last of its messages does.
 */
export function allocate(length: number): Buffer {
  if (length > PIECE_BYTES_MAX) return Buffer.allocUnsafeSlow(length)
  if (used + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
    used = 0
  }
  const piece = slab.subarray(used, used + length)
  used += length
  return piece
}
