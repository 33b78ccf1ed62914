/** What is not measured must not disturb what is: the other brokers stand still, and the disk is at rest. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const DISKS = '/proc/diskstats'
const LOOK_MS = 200
/** So many looks in a row with nothing written. */
const STILL_LOOKS = 3
const LOOKS_MAX = 75

export interface Runs {
  readonly pid: number
}

/** Runs `work` while the others stand still. What one broker has left to write is written before the next is measured. */
export async function undisturbed<T>(others: readonly Runs[], work: () => Promise<T>): Promise<T> {
  await diskAtRest()
  signal(others, 'SIGSTOP')
  try {
    return await work()
  } finally {
    signal(others, 'SIGCONT')
  }
}

function signal(processes: readonly Runs[], name: NodeJS.Signals): void {
  if (process.platform === 'win32') return
  for (const { pid } of processes) process.kill(pid, name)
}

/** Linux says what its disks do; elsewhere nothing is waited for. */
async function diskAtRest(): Promise<void> {
  if (!existsSync(DISKS)) return
  spawnSync('sync')
  let before = written()
  for (let look = 0, still = 0; look < LOOKS_MAX && still < STILL_LOOKS; look++) {
    await pause(LOOK_MS)
    const now = written()
    still = now === before ? still + 1 : 0
    before = now
  }
}

/** Sectors that all disks have written or thrown away. [Linux, admin-guide/iostats] */
function written(): string {
  const lines = readFileSync(DISKS, 'latin1').trim().split('\n')
  return lines
    .map((line) => line.trim().split(/ +/))
    .map((fields) => `${fields[9]} ${fields[16]}`)
    .join()
}
