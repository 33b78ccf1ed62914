import { type Disk, isMissing, readFully, writeFullyAsync } from './disk.ts'
import { dirname } from 'node:path'

/** Null: there is no such file. */
export async function readTextFile(disk: Disk, path: string): Promise<string | null> {
  try {
    const bytes = Buffer.alloc(await disk.size(path))
    const file = await disk.open(path, 'read')
    try {
      const count = await readFully(file, bytes, bytes.length, 0)
      return bytes.subarray(0, count).toString('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** In place of what was there: after a crash it is the old text or the new one, whole. */
export async function writeTextFile(disk: Disk, path: string, text: string): Promise<void> {
  const next = `${path}.new`
  const file = await disk.open(next, 'create')
  try {
    await writeFullyAsync(file, Buffer.from(text), 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(next, path)
  await disk.syncDirectory(dirname(path))
}
