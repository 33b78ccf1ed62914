/** The harness itself: what the real clients do with the real brokers is what everything else is held to. */
import { after } from 'node:test'
import { startActiveMq } from '../src/activemq.ts'
import { behaviours } from '../src/behaviours.ts'
import { javaParty } from '../src/remote.ts'

for (const generation of [5, 6] as const) {
  const broker = await startActiveMq(generation)
  const party = await javaParty(generation)
  after(async () => {
    await party.close()
    await broker.stop()
  })
  behaviours(`${party.name} on ${broker.name}`, async () => ({ party, url: broker.url }))
}
