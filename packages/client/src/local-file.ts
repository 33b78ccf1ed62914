// The only file of the client that touches files. Nothing here is called unless an option or a call names a file.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Text of a file that the application names, by path or `file:` URL. */
export async function readLocalText(place: string, signal?: AbortSignal): Promise<string> {
  const path = place.startsWith('file:') ? fileURLToPath(place) : place
  return await readFile(path, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) })
}
