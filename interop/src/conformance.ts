/** The public JMS conformance tests, through the Java client, against a broker that is running. */
import { startChild } from './child.ts'
import { javaArguments } from './java.ts'

export interface Outcome {
  /** Class.method */
  readonly test: string
  readonly passed: boolean
  readonly why?: string
}

export async function conform(url: string): Promise<Outcome[]> {
  const child = startChild('java', await javaArguments('client5', 'Conformance', ['-Xmx256M', `-Dbroker.url=${url}`]))
  const outcomes: Outcome[] = []
  child.onLine((line) => outcomes.push(line as unknown as Outcome))
  const code = await child.ended
  if (code !== 0) throw new Error(`The conformance tests ended with ${code}:\n${child.said()}`)
  return outcomes
}
