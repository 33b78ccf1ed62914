import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { MillraceError } from '@millrace/base'

/**
 * `create`: a new file, read and write; whatever was there is gone. `read`: an existing one. `durable`: an existing
 * one, and each write returns only when its bytes are on stable storage (O_DSYNC: one trip through the thread pool
 * where a write and an fdatasync are two). `write`: an existing one, and a write returns when the kernel has its bytes.
 */
export type OpenMode = 'create' | 'read' | 'durable' | 'write'

/** `count` bytes were done, which may be fewer than asked for; with an error it says nothing. */
export type DiskDone = (error: Error | null, count: number) => void

export interface DiskFile {
  read(into: Buffer, at: number, length: number, position: number, done: DiskDone): void
  /** `now`: done, and told, within the call. */
  write(bytes: Buffer, at: number, length: number, position: number, now: boolean, done: DiskDone): void
  sync(): Promise<void>
  close(): Promise<void>
}

/** Held until released or until the process is gone, however it goes. */
export interface DiskLock {
  release(): Promise<void>
}

/** Everything the journal asks of a file system. The tests have another that loses power and tears writes. */
export interface Disk {
  makeDirectory(path: string): Promise<void>
  list(directory: string): Promise<string[]>
  size(path: string): Promise<number>
  open(path: string, mode: OpenMode): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Makes what was created, renamed and unlinked in it survive a power cut. */
  syncDirectory(directory: string): Promise<void>
  /** Throws STORE_LOCKED, with the holder's process id, when someone else has it. */
  lock(path: string): Promise<DiskLock>
}

/** Reads until `length` bytes are there or the file ends; says how many. */
export function readFully(file: DiskFile, into: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0
    const step = (): void => {
      file.read(into, count, length - count, position + count, (error, more) => {
        if (error !== null) {
          reject(error)
          return
        }
        count += more
        if (more === 0 || count === length) resolve(count)
        else step()
      })
    }
    if (length === 0) resolve(0)
    else step()
  })
}

/**
 * Writes all of it: a short write is progress, not success (J16). On an error `count` is what was written before. `now`: all
 * within the call.
 */
export function writeFully(file: DiskFile, bytes: Buffer, position: number, now: boolean, done: DiskDone): void {
  let count = 0
  const step = (error: Error | null, more: number): void => {
    if (error !== null) {
      done(error, count)
      return
    }
    count += more
    if (count === bytes.length) done(null, count)
    else file.write(bytes, count, bytes.length - count, position + count, now, step)
  }
  file.write(bytes, 0, bytes.length, position, now, step)
}

export function writeFullyAsync(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    writeFully(file, bytes, position, false, (error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}

/** No space, no quota, or a limit on file sizes: a condition that passes. Any other error of a write does not (J14). */
export function isDiskFull(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}

export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}

/** The partition that a directory is on. */
export async function partitionOf(directory: string): Promise<{ bytes: number; freeBytes: number }> {
  const { blocks, bavail, bsize } = await fs.promises.statfs(directory)
  return { bytes: blocks * bsize, freeBytes: bavail * bsize }
}

const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  durable: fs.constants.O_RDWR | (fs.constants.O_DSYNC ?? fs.constants.O_SYNC),
}

/** The file system of this machine. The one place that knows `node:fs`. */
export const systemDisk: Disk = {
  async makeDirectory(path: string): Promise<void> {
    const created = await fs.promises.mkdir(path, { recursive: true, mode: 0o700 })
    if (created !== undefined) await systemDisk.syncDirectory(dirname(created))
  },
  list(directory: string): Promise<string[]> {
    return fs.promises.readdir(directory)
  },
  async size(path: string): Promise<number> {
    return (await fs.promises.stat(path)).size
  },
  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return new Promise((resolve, reject) => {
      fs.open(path, FLAGS[mode], 0o600, (error, descriptor) => {
        if (error === null) resolve(new SystemFile(descriptor))
        else reject(error)
      })
    })
  },
  rename(from: string, to: string): Promise<void> {
    return fs.promises.rename(from, to)
  },
  unlink(path: string): Promise<void> {
    return fs.promises.unlink(path)
  },
  async syncDirectory(directory: string): Promise<void> {
    const handle = await fs.promises.open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  lock: lockFile,
}

class SystemFile implements DiskFile {
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  read(into: Buffer, at: number, length: number, position: number, done: DiskDone): void {
    fs.read(this.#descriptor, into, at, length, position, done)
  }

  write(bytes: Buffer, at: number, length: number, position: number, now: boolean, done: DiskDone): void {
    if (now) this.#writeNow(bytes, at, length, position, done)
    else fs.write(this.#descriptor, bytes, at, length, position, done)
  }

  #writeNow(bytes: Buffer, at: number, length: number, position: number, done: DiskDone): void {
    let count = 0
    try {
      count = fs.writeSync(this.#descriptor, bytes, at, length, position)
    } catch (error) {
      done(error as Error, 0)
      return
    }
    done(null, count)
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.close(this.#descriptor, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }
}

/** On BSD and macOS `open` itself takes the lock; Node has no name for the flag. */
const O_EXLOCK = 0x20

/**
 * A lock of the kernel on a file that is never deleted. It belongs to the open descriptor: it goes when the process
 * goes, SIGKILL included, two stores in one process exclude each other as well, and taking it cannot race. Linux lets
 * only flock(2) take it, which Node does not have; the small program `flock` does it for us on a descriptor that it
 * inherits, and ends at once: the lock stays with our copy of the same descriptor.
 */
async function lockFile(path: string): Promise<DiskLock> {
  const bsd = process.platform === 'darwin' || process.platform.endsWith('bsd')
  const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | (bsd ? O_EXLOCK | fs.constants.O_NONBLOCK : 0)
  let handle: fs.promises.FileHandle
  try {
    handle = await fs.promises.open(path, flags, 0o600)
  } catch (error) {
    if (bsd && (error as NodeJS.ErrnoException).code === 'EAGAIN') throw await lockedError(path)
    throw error
  }
  if (!bsd) {
    const taken = await flock(handle.fd).catch(async (error: unknown) => {
      await handle.close()
      throw new MillraceError('STORE_LOCKED', `the lock ${path} cannot be taken: the program flock does not run`, {
        cause: error,
      })
    })
    if (!taken) {
      await handle.close()
      throw await lockedError(path)
    }
  }
  await handle.truncate(0)
  await handle.write(`${process.pid}\n`, 0)
  return {
    async release(): Promise<void> {
      await handle.close()
    },
  }
}

function flock(descriptor: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const helper = spawn('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
    helper.on('error', reject)
    helper.on('exit', (code) => {
      if (code === 0) resolve(true)
      else if (code === 1) resolve(false)
      else reject(new Error(`flock ended with ${code}`))
    })
  })
}

async function lockedError(path: string): Promise<MillraceError> {
  const holder = (await fs.promises.readFile(path, 'latin1').catch(() => '')).trim()
  const who = holder === '' ? 'another process' : `process ${holder}`
  return new MillraceError('STORE_LOCKED', `the store is in use by ${who} (${path})`)
}
