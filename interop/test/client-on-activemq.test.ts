/** The TypeScript client on real brokers of both generations. */
import { after } from 'node:test'
import { startActiveMq } from '../src/activemq.ts'
import { behaviours } from '../src/behaviours.ts'
import { nativeParty } from '../src/native.ts'
import { services } from '../src/services.ts'

const brokers = [await startActiveMq(5), await startActiveMq(6)]
after(async () => {
  for (const broker of brokers) await broker.stop()
})

const party = nativeParty()
for (const broker of brokers) {
  behaviours(`${party.name} on ${broker.name}`, async () => ({ party, url: broker.url }), broker)
  services(`its services on ${broker.name}`, broker.url, broker)
}
