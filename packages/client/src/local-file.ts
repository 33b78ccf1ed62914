// The only file of the client that touches files. Nothing here is called unless an option or a call names a file.
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Text of a file that the application names, by path or `file:` URL. */
export async function readLocalText(place: string, signal?: AbortSignal): Promise<string> {
  const path = place.startsWith('file:') ? fileURLToPath(place) : place
  return await readFile(path, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) })
}

/** Not more than so many bytes of it. */
export async function readLocalBytes(url: URL, bytesMax: number): Promise<Buffer> {
  await using file = await open(fileURLToPath(url), 'r')
  const { size } = await file.stat()
  const bytes = Buffer.alloc(Math.min(size, bytesMax))
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
  return bytes.subarray(0, bytesRead)
}

/** A new file; it must not be there. */
export async function writeLocalBytes(url: URL, bytes: Uint8Array): Promise<void> {
  await writeFile(fileURLToPath(url), bytes, { flag: 'wx' })
}

export async function removeLocal(url: URL): Promise<void> {
  await rm(fileURLToPath(url))
}

/** A file that is written at its end. */
export interface LocalLog {
  /** All of it. */
  read(): Promise<Buffer>
  /** Resolves when it is on disk. */
  append(bytes: Buffer): Promise<void>
  truncate(length: number): Promise<void>
  /** All of it at once: a crash leaves the old content or the new. */
  replace(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

/** Opens it, or makes it. */
export async function openLocalLog(path: string): Promise<LocalLog> {
  let file = await open(path, 'a+')
  return {
    read: () => readFile(path),
    append: async (bytes) => {
      await file.appendFile(bytes)
      await file.datasync()
    },
    truncate: async (length) => {
      await file.truncate(length)
      await file.sync()
    },
    replace: async (bytes) => {
      const fresh = await open(`${path}.new`, 'w')
      await fresh.writeFile(bytes)
      await fresh.sync()
      await fresh.close()
      await rename(`${path}.new`, path)
      await file.close()
      file = await open(path, 'a+')
    },
    close: () => file.close(),
  }
}
