import type { Harness } from './harness.ts'
import type { Measure, Timing } from './measure.ts'

/** One run of the Java load program (interop/java/driver, Load); the client is that of generation 5, for every broker. */
export async function javaLoad(
  harness: Harness,
  url: string,
  timing: Timing,
  plan: Readonly<Record<string, unknown>>,
): Promise<Measure> {
  const said = await runLoad(harness, { url, ...timing, ...plan })
  const value = Number(said['rate'])
  if (said['p50'] === undefined) return { value }
  return {
    value,
    latencyUs: {
      p50: Number(said['p50']),
      p90: Number(said['p90']),
      p99: Number(said['p99']),
      p999: Number(said['p999']),
    },
  }
}

async function runLoad(harness: Harness, plan: object): Promise<Record<string, unknown>> {
  const child = harness.startChild('java', [
    ...(await harness.javaArguments('client5', 'Driver', ['-Xmx512M'])),
    'load',
    JSON.stringify(plan),
  ])
  const line = await child.first()
  await child.ended
  return line
}
