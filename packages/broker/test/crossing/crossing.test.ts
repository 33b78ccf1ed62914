import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { BrokerService } from '../../src/service.ts'
import type { Adapter, Peer } from './adapter.ts'
import { openWireAdapter } from './openwire-adapter.ts'
import { crossingPage } from './page.ts'
import { type Sent, type Specimen, unchanged } from './specimen.ts'
import { stompAdapter } from './stomp-adapter.ts'
import { type Row, ROWS } from './table.ts'

const ADAPTERS: readonly Adapter[] = [openWireAdapter, stompAdapter('1.0'), stompAdapter('1.1'), stompAdapter('1.2')]

describe('what becomes of a message on the other side', () => {
  const service = new BrokerService({
    memory: true,
    listen: ['openwire://127.0.0.1:0', 'stomp://127.0.0.1:0'],
    vmName: null,
  })
  before(() => service.start())
  after(() => service.stop())

  for (const from of ADAPTERS) {
    for (const to of ADAPTERS) {
      for (const kind of ['queue', 'topic']) {
        test(`from ${from.name} to ${to.name} through a ${kind} each row is read as the table says`, async () => {
          const destination = `${kind}://crossing.${from.name}.${to.name}`.replaceAll(' ', '-')
          const [sender, reader] = [await from.open(service), await to.open(service)]
          await reader.subscribe(destination)
          for (const row of ROWS) if (from.canSend(row.sent)) await cross(row, destination, sender, reader, to)
          await sender.close()
          await reader.close()
        })
      }
    }
  }
})

async function cross(row: Row, destination: string, sender: Peer, reader: Peer, to: Adapter): Promise<void> {
  const sent = await sender.send(destination, row.sent)
  const seen = await reader.read()
  assert.deepEqual(sorted(seen), sorted(expected(row, sent, to)), row.what)
}

function expected(row: Row, sent: Sent, to: Adapter): object {
  const { as = {} } = row.except?.[to.name] ?? row.seen[to.column] ?? {}
  return { ...unchanged(row.sent as Specimen, sent), ...as }
}

/** The order of properties means nothing. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}

test('every row of the table is sent by somebody, and no two are called the same', () => {
  for (const row of ROWS)
    assert.ok(
      ADAPTERS.some((adapter) => adapter.canSend(row.sent)),
      row.what,
    )
  assert.equal(new Set(ROWS.map((row) => row.what)).size, ROWS.length)
  const names = ADAPTERS.map((adapter) => adapter.name)
  for (const row of ROWS) for (const name of Object.keys(row.except ?? {})) assert.ok(names.includes(name), name)
})

test('docs/protocols/crossing.md is the table; MILLRACE_WRITE_PAGES=1 writes it', () => {
  const page = new URL('../../../../../docs/protocols/crossing.md', import.meta.url)
  if (process.env['MILLRACE_WRITE_PAGES'] === '1') writeFileSync(page, crossingPage())
  assert.equal(readFileSync(page, 'utf8'), crossingPage())
})
