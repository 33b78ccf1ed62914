/** The TypeScript client on a real Artemis. */
import { after } from 'node:test'
import { startArtemis } from '../src/artemis.ts'
import { behaviours } from '../src/behaviours.ts'
import { nativeParty } from '../src/native.ts'
import { services } from '../src/services.ts'

const broker = await startArtemis()
after(() => broker.stop())

const party = nativeParty()
behaviours(`${party.name} on ${broker.name}`, async () => ({ party, url: broker.url }), broker)
services(`its services on ${broker.name}`, broker.url, broker)
