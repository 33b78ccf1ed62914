import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Harness } from './harness.ts'

/** `npm start` when everything is built, from the call to the line that says it is ready, in milliseconds. The first run only warms. */
export async function warmStart(harness: Harness, times: number): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i <= times; i++) {
    const took = await once(harness)
    if (i > 0) found.push(took)
  }
  return found
}

async function once(harness: Harness): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const began = performance.now()
  const child = harness.startChild(
    'npm',
    ['start', '--silent', '--', '--json', '--log-level', 'warn', '--listen', 'openwire://127.0.0.1:0', '--data', data],
    {
      cwd: harness.root,
    },
  )
  try {
    const ready = await child.first()
    const took = performance.now() - began
    // npm is between us and the broker; the broker says who it is.
    process.kill(Number(ready['pid']), 'SIGTERM')
    await child.ended
    return took
  } finally {
    await child.stop()
    rmSync(data, { recursive: true, force: true, maxRetries: 3 })
  }
}
