/** A queue that has grown: what it costs in memory, and how soon it is there again after a restart. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Harness, RunningBroker } from './harness.ts'
import { LoadClient } from './load-client.ts'
import { MESSAGE_BYTES } from './measure.ts'

export interface Backlog {
  /** Resident, MB (10^6 bytes), with the messages pending. */
  readonly memoryMb: number
  /** From the start of the program to the first message at a consumer, seconds: after an orderly stop, and after a kill. */
  readonly restartSeconds: number
  readonly restartAfterKillSeconds: number
}

export async function backlog(
  harness: Harness,
  system: 'millrace' | 'activemq',
  messages: number,
  progress: (share: number) => void,
): Promise<Backlog> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const start = (): Promise<RunningBroker> =>
    system === 'millrace' ? harness.startMillrace({ data }) : harness.startActiveMq(5, { data })
  let broker = await start()
  try {
    const filler = await LoadClient.open(broker.url)
    await filler.send('backlog', MESSAGE_BYTES, 4000, (sent) => {
      progress(sent / messages)
      return sent + 1 >= messages
    })
    filler.close()
    const memoryMb = residentMb(broker.pid)
    await broker.stop()
    const restart = async (): Promise<number> => {
      const began = performance.now()
      broker = await start()
      const consumer = await LoadClient.open(broker.url)
      await consumer.first('backlog')
      const seconds = (performance.now() - began) / 1000
      consumer.close()
      return seconds
    }
    const restartSeconds = await restart()
    broker.child.process.kill('SIGKILL')
    await broker.child.ended
    return { memoryMb, restartSeconds, restartAfterKillSeconds: await restart() }
  } finally {
    await broker.stop()
    rmSync(data, { recursive: true, force: true, maxRetries: 3 })
  }
}

function residentMb(pid: number): number {
  return (Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024) / 1e6
}
