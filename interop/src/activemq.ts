import { alsoOf, type BrokerPlace, listenOf, place, type RunningBroker } from './broker.ts'
import { startChild } from './child.ts'
import type { System } from './deviations.ts'
import { type Generation, javaArguments, type Project } from './java.ts'

/** Starts a real ActiveMQ, with the heap its own distribution gives it. */
export function startActiveMq(generation: Generation, options: BrokerPlace = {}): Promise<RunningBroker> {
  return startJavaBroker(
    { project: `broker${generation}`, main: 'ActiveMQ', product: 'ActiveMQ', system: `ActiveMQ ${generation}` },
    options,
  )
}

export interface JavaBroker {
  readonly project: Project
  readonly main: string
  readonly product: string
  readonly system: System
}

/** A main class of ours that says its address and its version, and ends with its standard input. */
export async function startJavaBroker(
  { project, main, product, system }: JavaBroker,
  options: BrokerPlace,
): Promise<RunningBroker> {
  const args = await javaArguments(project, main, [
    '-Xms64M',
    '-Xmx1G',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    `-Dmillrace.port=${options.port ?? 0}`,
    `-Dmillrace.furnished=${options.furnished === true}`,
    `-Dmillrace.also=${listenOf(options).join(' ')}`,
  ])
  const { data, leave } = place(options)
  const child = startChild('java', [...args, data, ...(options.memory === true ? ['memory'] : [])])
  try {
    const ready = await child.first()
    return {
      name: `${product} ${String(ready['version'])}`,
      system,
      version: String(ready['version']),
      url: String(ready['address']),
      also: alsoOf(options, (ready['also'] ?? []) as string[]),
      pid: child.pid,
      data,
      child,
      stop: async () => {
        await child.stop()
        leave()
      },
    }
  } catch (error) {
    leave()
    throw error
  }
}
