import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Child } from './child.ts'
import type { Subject } from './results.ts'

/** A broker that runs in a process of its own, on a free port of the loopback address. */
export interface RunningBroker extends Subject {
  readonly name: string
  /** tcp://127.0.0.1:port */
  readonly url: string
  readonly pid: number
  /** Where its store is. Kept by `stop` if it was given, else removed. */
  readonly data: string
  readonly child: Child
  stop(): Promise<void>
}

export interface BrokerPlace {
  /** Must exist. Without it: a directory for this broker alone, removed when it stops. */
  readonly data?: string
  /** To come back at an address that clients know; else any free one. */
  readonly port?: number
  /** No store on disk. */
  readonly memory?: boolean
  /** With the users, permissions, policies and plugins of `furnished.ts`. */
  readonly furnished?: boolean
}

/** The directory to use, and how to leave it. */
export function place(options: BrokerPlace): { data: string; leave: () => void } {
  if (options.data !== undefined) return { data: options.data, leave: () => {} }
  const data = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
  return { data, leave: () => rmSync(data, { recursive: true, force: true, maxRetries: 3 }) }
}
