import { type BrokerPlace, place, type RunningBroker } from './broker.ts'
import { startChild } from './child.ts'
import { type Generation, javaArguments } from './java.ts'

/** Starts a real ActiveMQ, with the heap its own distribution gives it. */
export async function startActiveMq(generation: Generation, options: BrokerPlace = {}): Promise<RunningBroker> {
  const args = await javaArguments(`broker${generation}`, 'ActiveMQ', [
    '-Xms64M',
    '-Xmx1G',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    `-Dmillrace.port=${options.port ?? 0}`,
  ])
  const { data, leave } = place(options)
  const child = startChild('java', [...args, data, ...(options.memory === true ? ['memory'] : [])])
  try {
    const ready = await child.first()
    return {
      name: `ActiveMQ ${String(ready['version'])}`,
      url: String(ready['address']),
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
