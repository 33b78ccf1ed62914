/** The list of behaviours through a library, on Millrace and beside it on the model. */
import { after } from 'node:test'
import { startActiveMq } from '../activemq.ts'
import { startMillrace } from '../millrace.ts'
import { stompBehaviours } from './behaviours.ts'
import type { StompParty } from './wire.ts'

/** In every version that each speaks. The parties are closed afterwards. */
export async function stompOnBoth(...parties: readonly StompParty[]): Promise<void> {
  // Without the margin ActiveMQ ends a connection whose heart-beat comes a little late.
  const also = { stomp: '0?transport.hbGracePeriodMultiplier=2', ws: 0 }
  const brokers = [await startMillrace({ also }), await startActiveMq(6, { also })]
  after(async () => {
    for (const party of parties) await party.close()
    for (const broker of brokers) await broker.stop()
  })
  for (const broker of brokers) {
    for (const party of parties) {
      for (const version of party.versions) {
        const url = broker.also[party.scheme] ?? ''
        stompBehaviours({ party, version, url, openWire: broker.url, subject: broker })
      }
    }
  }
}
