/** docs/stomp-clients.md: what foreign STOMP libraries do on Millrace and on the model. A test holds it against the code. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { table, versions } from '../compatibility.ts'
import { root } from '../java.ts'
import { stompDeviations } from './deviations.ts'

export const stompPageFile: string = join(root, 'docs', 'stomp-clients.md')

/** The titles of the behaviours, in the order of the code. */
export function stompTitles(): string[] {
  const source = readFileSync(join(root, 'interop', 'src', 'stomp', 'behaviours.ts'), 'utf8')
  return [...source.matchAll(/^ {4}test\('([^']+)', async/gm)].map((match) => match[1] ?? '')
}

export function stompPage(): string {
  const rows = stompTitles().map((title) => [sentence(title), cell('Millrace', title), cell('ActiveMQ 6', title)])
  const differences = stompDeviations.map(({ system, title, libraries, versions: only, instead, why }) => [
    system,
    sentence(title),
    [...(libraries ?? []), ...(only ?? []).map((version) => `STOMP ${version}`)].join(', ') || 'all',
    instead,
    why,
  ])
  return [
    '# STOMP libraries',
    '',
    '<!-- Written by `npm run compatibility`. -->',
    '',
    'One list of behaviours is run through each of these, in STOMP 1.0, 1.1 and 1.2, on Millrace and on ActiveMQ beside it:',
    '',
    '- `@stomp/stompjs` 7.5 in WebSockets, and over TCP through a socket with the face of one',
    '- `stompit` 1.0',
    '- `stomp.py` 9.0 over TCP, and 1.2 in WebSockets',
    '- `stomp` 1.4.10 of Ruby',
    '',
    'Beside that run the 41 tests for brokers that `stomp.py` carried in its package until version 4.1.24, over TCP and TLS; where',
    "RubyGems can be reached the 125 tests in the gem of Ruby's `stomp` in all three versions (110 in 1.0), over TCP and TLS; Java",
    "programs with ActiveMQ's `StompConnection` over TCP and TLS, and with the WebSocket of Java; and the Java client of OpenWire",
    'through `auto` and `ssl` addresses. `npm run interop -- stomp` runs them.',
    '',
    ...table(['Behaviour', 'Millrace', `ActiveMQ ${versions()['ActiveMQ 6']}`], rows),
    '',
    '## Where a broker differs',
    '',
    ...table(['Broker', 'Behaviour', 'Where', 'What happens instead', 'Why'], differences),
    '',
  ].join('\n')
}

function cell(system: string, title: string): string {
  return stompDeviations.some((one) => one.system === system && one.title === title) ? '**differs**' : 'works'
}

function sentence(title: string): string {
  return title.slice(0, 1).toUpperCase() + title.slice(1)
}
