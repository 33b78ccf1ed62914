import { AckType } from '@millrace/openwire'
import { QUEUES } from '../ledger.ts'
import type { Step } from '../step.ts'
import { settle } from './acknowledge.ts'
import { open, subscribe } from './consume.ts'
import { readyClient } from './links.ts'
import { setPolicies } from './operate.ts'
import { sendLetter } from './send.ts'
import { begin, end } from './transactions.ts'

/** Messages for a consumer that is faster than the disk. */
export const race: Step = {
  name: 'race the disk',
  weight: 3,
  async run(simulation) {
    const { random, ledger } = simulation
    const client = readyClient(simulation)
    if (client === undefined || !simulation.open) return
    ledger.eager = true
    setPolicies(simulation, { concurrentStoreAndDispatch: true })
    const destination = simulation.pick(QUEUES) as string
    const place = ledger.queue(destination)
    const consumer =
      open(client).find((one) => one.place === place && !one.browser) ??
      subscribe(simulation, client, { destination, place, selection: null, prefetch: 1 + random(50) })
    await simulation.happen(random(60))
    const sender = readyClient(simulation) ?? client
    for (let left = 1 + random(6); left > 0 && sender.ready; left--) {
      sendLetter(simulation, sender, { destination, size: random(200), answer: random(3) > 0 })
    }
    await simulation.happen(20, false)
    const there = (): boolean => client.alive && client.ready && !client.leaving && consumer.holds
    if (there() && client.transaction === null && random(3) === 0) begin(simulation, client, random(3) === 0)
    while (there() && consumer.held.length > 0 && random(8) > 0) {
      settle(simulation, client, consumer, 0, 1, AckType.Individual, client.transaction)
    }
    if (there() && random(2) === 0) end(simulation, client)
    await simulation.happen(random(20), false)
  },
}
