import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

process.once('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

/**
 * A directory of its own, removed when the process ends: what a test registers to be done at its end is done in that order, and a broker
 * that is stopped after its directory is gone cannot write any more.
 */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `millrace-${name}-`))
  made.push(directory)
  return directory
}
