/**
 * docs/compatibility.md: which behaviour works on which broker. It is written from the results of a run, and a test holds it against
 * the behaviours, the deviations and the versions that the code has.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deviations, type System, systems } from './deviations.ts'
import { root } from './java.ts'
import { millraceVersion } from './millrace.ts'
import type { Result } from './results.ts'

export const FAIL_OVER =
  'nothing that was confirmed is lost when the broker is killed under load, and the client goes on'

export const pageFile: string = join(root, 'docs', 'compatibility.md')

/** The titles of the behaviours, in the order of the code. */
export function titles(): string[] {
  const sources = ['behaviours.ts', 'services.ts'].map((name) =>
    readFileSync(join(root, 'interop', 'src', name), 'utf8'),
  )
  const found = sources.flatMap((source) => [...source.matchAll(/^ {4}test\('([^']+)', async/gm)])
  return found.map((match) => match[1] ?? '').concat(FAIL_OVER)
}

/** The version of each broker that the projects ask for. */
export function versions(): Readonly<Record<System, string>> {
  return {
    Millrace: millraceVersion(),
    'ActiveMQ 5': asked('broker5'),
    'ActiveMQ 6': asked('broker6'),
    'ActiveMQ Artemis': asked('brokerArtemis'),
  }
}

/** Throws, with everything that is wrong, unless every behaviour has one result on each broker and none has failed. */
export function page(results: readonly Result[]): string {
  const wrong = results.filter(({ outcome }) => outcome === 'fails').map((result) => `${cell(result)}: it failed`)
  const rows = titles().map((behaviour) => {
    const cells = systems.map((system) => {
      const found = results.filter((result) => result.system === system && result.behaviour === behaviour)
      if (found.length !== 1) wrong.push(`${system}, ${behaviour}: ${found.length} results`)
      return found[0]?.outcome === 'differs' ? '**differs**' : 'works'
    })
    return [sentence(behaviour), ...cells]
  })
  if (wrong.length > 0) throw new Error(`The results make no page:\n${wrong.join('\n')}`)
  const version = (system: System): string => results.find((result) => result.system === system)?.version ?? ''
  const brokers = systems.map((system) => `${system.replace(/ \d$/, '')} ${version(system)}`)
  const differences = systems.flatMap((system) =>
    Object.entries(deviations[system]).map(([behaviour, { instead, why }]) => [
      system,
      sentence(behaviour),
      instead,
      why,
    ]),
  )
  return [
    '# Compatibility',
    '',
    '<!-- Written by `npm run compatibility` from the results of a run. -->',
    '',
    'What `@millrace/client` does on Millrace and on three other brokers that speak OpenWire, each a real one in a process of its',
    'own with its store on disk. Each row is a test of [`behaviours.ts`](../interop/src/behaviours.ts) or',
    '[`services.ts`](../interop/src/services.ts), the last one of',
    '[`failover.test.ts`](../interop/test/failover.test.ts); `npm run interop` runs them.',
    '',
    ...table(['Behaviour', ...brokers], rows),
    '',
    '## Where a broker differs',
    '',
    'These are the ways of the broker; the client cannot change them. The tests hold each to be so, and notice when it changes.',
    '',
    ...table(['Broker', 'Behaviour', 'What happens instead', 'Why'], differences),
    '',
    'Artemis runs with an OpenWire acceptor, `ActiveMQ.DLQ` as its dead letter address, and destinations made on demand.',
    '',
  ].join('\n')
}

/** What a run gives in which everything is as the code says. */
export function expected(): Result[] {
  const version = versions()
  return systems.flatMap((system) =>
    titles().map((behaviour): Result => {
      const outcome = deviations[system][behaviour] === undefined ? 'works' : 'differs'
      return { system, version: version[system], behaviour, outcome }
    }),
  )
}

function asked(project: string): string {
  const pom = readFileSync(join(root, 'interop', 'java', project, 'pom.xml'), 'utf8')
  return /<artifactId>(?:activemq-broker|artemis-server)<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? ''
}

function cell({ system, behaviour }: Result): string {
  return `${system}, ${behaviour}`
}

function sentence(title: string): string {
  return title.slice(0, 1).toUpperCase() + title.slice(1)
}

/** Aligned, as the formatter has it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...rows].map(
    (cells) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
}
