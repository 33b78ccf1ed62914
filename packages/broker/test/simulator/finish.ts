import { AckType } from '@millrace/openwire'
import type { SimulatedClient, SimulatedConsumer } from './client.ts'
import { At, DEAD_LETTERS, Fate, GROUPS, type Place, QUEUES, Violation } from './ledger.ts'
import { at, type Simulation, TICK_MS } from './simulation.ts'
import { acknowledgeCounted, settle } from './steps/acknowledge.ts'
import { stopped } from './steps/broker.ts'
import { close, open, pullOne, subscribe } from './steps/consume.ts'
import { sayGoodbye } from './steps/links.ts'
import { setPolicies } from './steps/operate.ts'
import { cancelAll } from './steps/schedule.ts'
import { end, endBranch, orphans, recover } from './steps/transactions.ts'
import { SIZES } from './lifetime.ts'

/** Longer than any message lives, and than the broker takes to look for those that do not. */
const EXPIRY_MS = 3000

/** The longest series, with what delays it. */
const SCHEDULE_MS = 6000

/** The segments that a journal without messages may have, spares not counted. */
const SEGMENTS_MAX = 8

/**
 * The quiet end of a history: nothing fails any more, everything that is owed arrives, and then everything is taken out
 * and compared with what the ledger knows.
 */
export async function finish(simulation: Simulation): Promise<void> {
  await heal(simulation)
  await answers(simulation)
  await leave(simulation)
  await simulation.pass(EXPIRY_MS)
  undamaged(simulation)
  const dice = simulation.random(4)
  if (dice < 3) await again(simulation, dice)
  await simulation.pass(EXPIRY_MS)
  await branches(simulation)
  await appointments(simulation)
  await drain(simulation)
  counters(simulation)
  await simulation.pass(2000)
  bounded(simulation)
  if (simulation.random(4) > 0) return
  await again(simulation, simulation.random(3))
  counters(simulation)
}

async function heal(simulation: Simulation): Promise<void> {
  simulation.note(() => 'everything heals')
  simulation.disk.capacity = Number.POSITIVE_INFINITY
  simulation.capacity = Number.POSITIVE_INFINITY
  simulation.disk.faults = () => null
  // A journal that failed in the background says so only when it is written to.
  if (simulation.faulty && simulation.lifetime !== null) simulation.crash(false)
  simulation.faulty = false
  await simulation.rest()
  if (simulation.lifetime?.state === 'closed') simulation.leave(simulation.disk)
  await started(simulation)
  setPolicies(simulation, {})
  // What found no room is tried again with a tick, what waits for space after some.
  await simulation.pass(5000)
  if (simulation.lifetime === null) await started(simulation)
}

async function started(simulation: Simulation): Promise<void> {
  if (simulation.lifetime === null) simulation.start()
  await simulation.rest()
  if (!simulation.open) {
    // It was being stopped, or failed for what is over now.
    if (simulation.lifetime?.state === 'closed') simulation.leave(simulation.disk)
    if (simulation.lifetime === null) simulation.start()
    await simulation.rest()
  }
  if (!simulation.open) throw new Violation(`the broker does not come up: it is ${simulation.lifetime?.state}`)
}

/** Everything that was asked was answered, and everything that consumers of topics had to see was seen. */
async function answers(simulation: Simulation): Promise<void> {
  for (const client of simulation.clients) {
    if (!client.alive) continue
    if (client.unansweredRequests.length > 0) {
      throw new Violation(`${client.clientId} was never answered: ${client.unansweredRequests.join(', ')}`)
    }
    for (const consumer of open(client)) if (consumer.place === null) await watch(simulation, client, consumer)
  }
  for (const letter of simulation.ledger.letters.values()) {
    if (!letter.confirmed) continue
    for (const consumer of letter.witnesses) {
      if (!consumer.holds || consumer.prefetch === 0) continue
      if (!consumer.received.has(letter.number)) throw new Violation(`${consumer.name} never saw ${letter.number}`)
    }
  }
}

async function watch(simulation: Simulation, client: SimulatedClient, consumer: SimulatedConsumer): Promise<void> {
  while (consumer.held.length > 0) {
    acknowledgeCounted(client, consumer, consumer.held.length)
    await simulation.rest()
  }
}

/** Everybody goes, in one way or another. */
async function leave(simulation: Simulation): Promise<void> {
  for (const client of simulation.clients) {
    if (client.alive && client.ready && !client.leaving) {
      const dice = simulation.random(3)
      if (dice > 0) end(simulation, client)
      if (dice === 1) sayGoodbye(client)
    }
    if (simulation.random(2) === 0) await simulation.rest()
    if (!client.leaving) client.cut()
  }
  await simulation.rest()
  for (const client of simulation.clients) client.cut()
  await simulation.rest()
  simulation.clients = []
}

/** Another broker on the same disk. */
async function again(simulation: Simulation, how: number): Promise<void> {
  if (how < 2) simulation.crash(how === 0)
  else {
    simulation.lifetime?.stop()
    if (!(await stopped(simulation)))
      throw new Violation(`the broker does not stop: it is ${simulation.lifetime?.state}`)
  }
  await started(simulation)
}

/** Prepared branches are all there, and are ended. */
async function branches(simulation: Simulation): Promise<void> {
  const client = await newcomer(simulation, 'recoverer')
  let found: readonly string[] | null = null
  recover(client, (ids) => {
    found = ids
  })
  await simulation.rest()
  if (found === null) throw new Violation('nobody says which branches are prepared')
  const ids = new Set<string>(found)
  for (const branch of orphans(simulation)) {
    simulation.ledger.narrow(branch, ids.has(branch.id) ? Fate.Prepared : ~Fate.Prepared, 'recovery')
    if (ids.delete(branch.id)) endBranch(simulation, client, branch, simulation.random(2) === 0)
  }
  if (ids.size > 0) throw new Violation(`branches are prepared that should not be: ${[...ids].join(', ')}`)
  await simulation.rest()
  client.cut()
  await simulation.rest()
  simulation.clients = []
}

/** What is kept back comes as often as was asked for; what has no end is ended. */
async function appointments(simulation: Simulation): Promise<void> {
  if (simulation.ledger.appointments().length === 0) return
  const finite = (): boolean =>
    simulation.lifetime?.broker.scheduler
      .jobs()
      .some(({ schedule }) => schedule.cron === null && schedule.repeats >= 0) === true
  for (let left = SCHEDULE_MS; finite(); left -= TICK_MS) {
    if (left <= 0) throw new Violation('what is scheduled never comes to its end')
    await simulation.pass(TICK_MS)
  }
  const client = await newcomer(simulation, 'canceller')
  cancelAll(simulation, client)
  await simulation.rest()
  if (client.unansweredRequests.length > 0) throw new Violation('nobody says that the schedules were cancelled')
  client.cut()
  await simulation.rest()
  simulation.clients = []
}

async function drain(simulation: Simulation): Promise<void> {
  const { ledger } = simulation
  for (const place of ledger.durables()) {
    const { durable } = place
    if (durable === null || durable.state === 'none') continue
    const clientId = durable.kind === 'shared' ? 'drainer' : durable.clientId
    await takeAll(simulation, place, clientId, durable.selections[0] ?? null)
  }
  for (const name of [...QUEUES, ...GROUPS, DEAD_LETTERS])
    await takeAll(simulation, ledger.queue(name), 'drainer', null)
  const missing = ledger.missing()
  if (missing.length > 0) throw new Violation(missing.join('\n'))
}

/** Consumes everything there is, and says so. */
async function takeAll(
  simulation: Simulation,
  place: Place,
  clientId: string,
  selection: string | null,
): Promise<void> {
  const client = await newcomer(simulation, clientId)
  const prefetch = [0, 1, 7, 100][simulation.random(4)] as number
  const consumer = subscribe(simulation, client, { destination: place.destination, place, selection, prefetch })
  for (;;) {
    if (prefetch === 0) pullOne(client, consumer, -1)
    await simulation.rest()
    if (consumer.held.length === 0) break
    const count = 1 + simulation.random(consumer.held.length)
    settle(simulation, client, consumer, 0, count, AckType.Standard, null)
  }
  if (!consumer.confirmed) throw new Violation(`${consumer.name} was never confirmed`)
  close(simulation, client, consumer)
  await simulation.rest()
  const dice = simulation.random(2)
  if (dice === 0) client.cut()
  else sayGoodbye(client)
  await simulation.rest()
  simulation.clients = []
}

async function newcomer(simulation: Simulation, clientId: string): Promise<SimulatedClient> {
  const client = simulation.connect(clientId)
  await simulation.rest()
  if (client === null || !client.ready) throw new Violation(`${clientId} cannot connect`)
  return client
}

/** Nothing is anywhere, and everything that counts says so. */
function counters(simulation: Simulation): void {
  const { broker } = simulation.lifetime ?? {}
  if (broker === undefined) throw new Violation('there is no broker')
  const wrong: string[] = []
  const zero = (name: string, value: number): void => {
    if (value !== 0) wrong.push(`${name} is ${value}`)
  }
  for (const queue of broker.queues()) {
    zero(`the count of ${queue.name}`, queue.count)
    zero(`the stored count of ${queue.name}`, queue.store?.count ?? 0)
  }
  zero('memory in use', broker.usage.memoryBytes)
  zero('memory of open transactions', broker.usage.uncommittedBytes)
  zero('what is being stored', broker.usage.storingBytes)
  zero('the number of scheduled messages', broker.scheduler.count)
  zero(
    'the number of shared subscriptions that are not durable',
    broker.durables.list().filter(({ durable }) => !durable).length,
  )
  zero('the number of prepared branches', broker.recover().length)
  for (const place of simulation.ledger.places.values()) {
    if (place.durable?.state === 'none' && broker.queue(at(place.name)) !== null) wrong.push(`${place.name} is there`)
  }
  for (const copy of simulation.ledger.places.get('A')?.copies.values() ?? []) {
    if (copy.at === At.Home && copy.acknowledgedIn === null && copy.holder !== null) wrong.push(`${copy.letter.number}`)
  }
  if (wrong.length > 0) throw new Violation(`everything was taken, but ${wrong.join(', ')}`)
}

/** What was written and is over takes no room. */
/** The journal was read and verified over and over while it was swept: nothing that is there may have been called damaged. */
function undamaged(simulation: Simulation): void {
  const damaged = simulation.lifetime?.store.damaged() ?? []
  if (damaged.length > 0)
    throw new Violation(`${damaged.length} messages are called damaged, first ${damaged[0]?.where}`)
}

function bounded(simulation: Simulation): void {
  const segments = simulation.disk.paths().filter((path) => path.includes('segment-')).length
  if (segments <= SEGMENTS_MAX) return
  throw new Violation(`nothing is stored, in ${segments} segments of ${SIZES.segmentSize} bytes`)
}
