import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Everything that nobody holds is gone when this returns. */
export function forceCollection(): void {
  collect()
  collect()
}

/** Bytes of objects and of buffers. */
export function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
