import { rmSync } from 'node:fs'

const directories: string[] = []

process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** Removes a directory when the process ends: by then nothing writes into it any more, whatever a test left running. */
export function removedAtExit(directory: string): void {
  directories.push(directory)
}
