import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { MillraceError } from '@millrace/base'
import { systemDisk } from '../../src/journal/disk.ts'
import { keysOf, messageOf, readAll, safely } from '../../src/store/suite.ts'
import { openStore } from './harness.ts'

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))
const SIZES = { segmentSize: 1 << 20, batchSize: 1 << 18, snapshotSize: 1 << 20 }

class Writer {
  readonly added = new Set<number>()
  readonly removed = new Set<number>()
  lines = 0
  readonly #child: ChildProcess
  #rest = ''
  #waiting: { lines: number; resolve: () => void } | null = null

  constructor(directory: string) {
    this.#child = spawn(process.execPath, [CHILD, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) {
        this.lines++
        const [word, key] = line.split(' ')
        if (word === 'added') this.added.add(Number(key))
        if (word === 'removed') this.removed.add(Number(key))
      }
      if (this.#waiting !== null && this.lines >= this.#waiting.lines) this.#waiting.resolve()
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async says(lines: number): Promise<void> {
    if (this.lines >= lines) return
    await new Promise<void>((resolve) => {
      this.#waiting = { lines, resolve }
    })
  }

  async kill(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }
}

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-'))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

it('a process is killed again and again while it writes: nothing confirmed is lost, nothing removed returns', async () => {
  await withDirectory(async (directory) => {
    const added = new Set<number>()
    const removed = new Set<number>()
    for (const lines of [1, 30, 400, 1500]) {
      const writer = new Writer(directory)
      await writer.says(lines)
      await writer.kill()
      for (const key of writer.added) added.add(key)
      for (const key of writer.removed) removed.add(key)
      const { store } = await openStore(systemDisk, { directory, ...SIZES })
      const found = new Map((await readAll(store.queue('queue://A'), 200)).map(({ key, message }) => [key, message]))
      for (const key of added) {
        // A removal may be safe before anyone hears of it.
        if (removed.has(key)) assert.ok(!found.has(key), `${key} was removed`)
        else if (key % 3 !== 1) assert.ok(found.has(key), `${key} was confirmed`)
      }
      for (const [key, message] of found) assert.equal(message.body?.length, key % 3000)
      await store.close()
    }
  })
})

describe('two brokers, one directory (J17)', () => {
  it('a second store of the same process is refused, and may have it afterwards', async () => {
    await withDirectory(async (directory) => {
      const first = await openStore(systemDisk, { directory, ...SIZES })
      await assert.rejects(openStore(systemDisk, { directory, ...SIZES }), (error: MillraceError) => {
        assert.equal(error.code, 'STORE_LOCKED')
        assert.match(error.message, new RegExp(`process ${process.pid} `))
        return true
      })
      await safely((waiter) => first.store.queue('queue://A').add(messageOf(1), 1, waiter))
      await first.store.close()
      const second = await openStore(systemDisk, { directory, ...SIZES })
      assert.deepEqual(await keysOf(second.store.queue('queue://A')), [1])
      await second.store.close()
    })
  })

  it('another process is refused with the pid of the holder, and the lock goes when the holder is killed', async () => {
    await withDirectory(async (directory) => {
      const holder = new Writer(directory)
      await holder.says(1)
      await assert.rejects(openStore(systemDisk, { directory, ...SIZES }), (error: MillraceError) => {
        assert.equal(error.code, 'STORE_LOCKED')
        assert.match(error.message, new RegExp(`process ${holder.pid} `))
        return true
      })
      await holder.kill()
      const { store } = await openStore(systemDisk, { directory, ...SIZES })
      await store.close()
    })
  })

  it('of many that start at once one has it', async () => {
    await withDirectory(async (directory) => {
      const all = await Promise.allSettled(
        Array.from({ length: 8 }, () => openStore(systemDisk, { directory, ...SIZES })),
      )
      const opened = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      assert.equal(opened.length, 1)
      for (const each of all) {
        if (each.status === 'rejected') assert.equal((each.reason as MillraceError).code, 'STORE_LOCKED')
      }
      assert.equal((await readFile(join(directory, 'lock'), 'latin1')).trim(), String(process.pid))
      await opened[0]?.store.close()
    })
  })

  it('an open store does not keep the process alive', async () => {
    await withDirectory(async (directory) => {
      const script = `
        import { silentLogger, systemClock, systemTurn } from '@millrace/base'
        import { openJournalStore } from ${JSON.stringify(new URL('../../src/journal/journal-store.js', import.meta.url))}
        const nothing = () => {}
        const store = openJournalStore({
          directory: ${JSON.stringify(directory)}, turn: systemTurn(), clock: systemClock, log: silentLogger,
          segmentSize: 1 << 20,
        })
        await store.open({ queue: nothing, durable: nothing, prepared: nothing, producer: nothing, keys: nothing })
      `
      const cwd = fileURLToPath(new URL('.', import.meta.url))
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd, stdio: 'inherit' })
      const [code] = (await once(child, 'exit')) as [number]
      assert.equal(code, 0)
    })
  })
})
