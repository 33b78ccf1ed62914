import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificate } from './certificate.ts'
import type { Child } from './child.ts'
import type { Subject } from './results.ts'

/** A broker that runs in a process of its own, on a free port of the loopback address. */
export interface RunningBroker extends Subject {
  readonly name: string
  /** tcp://127.0.0.1:port */
  readonly url: string
  /** Of what was asked for in `also`, by scheme: stomp://127.0.0.1:port */
  readonly also: Readonly<Record<string, string>>
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
  /** Default: warn. Millrace only. */
  readonly logLevel?: string
  /** With the users, permissions, policies and plugins of `furnished.ts`. */
  readonly furnished?: boolean
  /** More addresses to listen on: scheme and port, 0 for any free one; with options, a text of both. */
  readonly also?: Readonly<Record<string, number | string>>
  /** For those with TLS. Millrace only. */
  readonly certificate?: Certificate
  /** A file with users and permissions. Millrace only. */
  readonly access?: string
}

/** The directory to use, and how to leave it. */
export function place(options: BrokerPlace): { data: string; leave: () => void } {
  if (options.data !== undefined) return { data: options.data, leave: () => {} }
  const data = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
  return { data, leave: () => rmSync(data, { recursive: true, force: true, maxRetries: 3 }) }
}

/** The addresses that came back, by the schemes that were asked for, in their order. */
export function alsoOf({ also = {} }: BrokerPlace, addresses: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(also).map((scheme, i) => [scheme, addresses[i] ?? '']))
}

export function listenOf({ also = {} }: BrokerPlace): string[] {
  return Object.entries(also).map(([scheme, port]) => `${scheme}://127.0.0.1:${port}`)
}
