import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'

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

/** Who may connect: nobody has, until the permissions are set. */
export function setMode(path: string, mode: number): void {
  chmodSync(path, mode)
}
