/** The Java clients on the brokers they were made for, with users, permissions and policies: the measure for Millrace. */
import { after } from 'node:test'
import { startActiveMq } from '../src/activemq.ts'
import { furnishedBehaviours } from '../src/furnished-behaviours.ts'
import { javaParty } from '../src/remote.ts'

for (const generation of [5, 6] as const) {
  const [broker, party] = [await startActiveMq(generation, { furnished: true }), await javaParty(generation)]
  after(async () => {
    await party.close()
    await broker.stop()
  })
  furnishedBehaviours(`${party.name} on ${broker.name}`, async () => ({ party, url: broker.url }), false)
}
