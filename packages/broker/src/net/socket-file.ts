import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/**
 * Removes a socket in the file system that nobody listens on any more, as a killed program leaves it. False: it is in use,
 * or no socket at all. Only who has found out by connecting may remove it.
 */
export async function removeStale(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return false
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  if (refused) unlinkSync(path)
  return refused
}

/**
 * Calls `make`, which makes the file at once, so that it has these permissions from its first moment: whoever gets in before
 * they are set stays in.
 */
export function withMode(path: string, mode: number, make: () => void): void {
  // Workers have no umask of their own and may not set the one of the process.
  const before = isMainThread ? process.umask(0o777 & ~mode) : null
  try {
    make()
  } finally {
    if (before !== null) process.umask(before)
  }
  if (before === null && lstatSync(path, { throwIfNoEntry: false })?.isSocket()) chmodSync(path, mode)
}
