/** Folders under .cache that are filled once and then stay. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './java.ts'

/** Made aside and moved into place whole, so that two processes may do this at the same time. */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const cache = join(root, '.cache', 'interop')
  const home = join(cache, name)
  if (existsSync(home)) return home
  const aside = join(cache, `${name}-${randomBytes(6).toString('hex')}`)
  mkdirSync(aside, { recursive: true })
  try {
    await make(aside)
    try {
      renameSync(aside, home)
    } catch (error) {
      if (!existsSync(home)) throw error
    }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return home
}
