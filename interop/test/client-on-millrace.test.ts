/** Both ends are ours: the same list, so that a difference shows which end it is at. */
import { after } from 'node:test'
import { behaviours } from '../src/behaviours.ts'
import { startMillrace } from '../src/millrace.ts'
import { nativeParty } from '../src/native.ts'
import { services } from '../src/services.ts'

const broker = await startMillrace()
after(() => broker.stop())

const party = nativeParty()
behaviours(`${party.name} on ${broker.name}`, async () => ({ party, url: broker.url }), broker)
services(`its services on ${broker.name}`, broker.url, broker)
