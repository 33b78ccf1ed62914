/**
 * What the benchmark needs of the interop harness: real brokers, and Java. It is handed in by scripts/bench.mjs, because the two
 * workspaces are built side by side and neither depends on the other.
 */
import type { ChildProcess } from 'node:child_process'

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  first(): Promise<Record<string, unknown>>
  stop(signal?: NodeJS.Signals): Promise<void>
  readonly ended: Promise<number | null>
  said(): string
}

export interface RunningBroker {
  readonly name: string
  readonly url: string
  /** Of what was asked for in `also`, by scheme. */
  readonly also: Readonly<Record<string, string>>
  readonly pid: number
  readonly child: Child
  stop(): Promise<void>
}

export interface Place {
  readonly data?: string
  readonly memory?: boolean
  readonly logLevel?: string
  /** More addresses: scheme and port, 0 for any free one. */
  readonly also?: Readonly<Record<string, number>>
}

export interface Harness {
  /** The repository. */
  readonly root: string
  startChild(
    command: string,
    args: readonly string[],
    options?: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
  ): Child
  startMillrace(options?: Place): Promise<RunningBroker>
  startActiveMq(generation: 5 | 6, options?: Place): Promise<RunningBroker>
  javaArguments(project: 'client5', main: string, options?: readonly string[]): Promise<string[]>
  /** Builds the Java project if it has to be. */
  classPath(project: 'client5' | 'broker5' | 'broker6', say: (sentence: string) => void): Promise<string>
}
