import { AckType } from '@millrace/openwire'
import type { SimulatedClient, SimulatedConsumer } from './client.ts'
import type { Terms } from './appointment.ts'
import { COMPOSITE, DEAD_LETTERS, SHARED, type SharedFacts, type Undecided, VIRTUAL } from './ledger.ts'
import type { Simulation } from './simulation.ts'
import { settle } from './steps/acknowledge.ts'
import { close, subscribe, unsubscribe, unsubscribeFrom } from './steps/consume.ts'
import { revive } from './steps/operate.ts'
import { cancelAll } from './steps/schedule.ts'
import { sendLetter } from './steps/send.ts'
import { makeTemporary, sendTemporary } from './steps/temporary.ts'
import { begin, commit, endBranch, prepare, rollback } from './steps/transactions.ts'

/** What a script has at hand. */
export interface Stage {
  readonly simulation: Simulation
  readonly client: SimulatedClient
  consume(queue: string): SimulatedConsumer
  subscribe(name: string): SimulatedConsumer
  /** By its place in `SHARED`. */
  share(at: number): SimulatedConsumer
  /** Gives back the transaction that is open now. */
  begin(distributed: boolean): Undecided
}

type Act = (stage: Stage) => void | Promise<void>

/** Acts one after the other, each until everything that follows from it is over: the disk may die in any of them. */
export const SCRIPTS: Readonly<Record<string, readonly Act[]>> = {
  send: [
    ({ simulation, client }) => send(simulation, client, ['A', 'A,B', 'PRIORITY']),
    (stage) => void stage.subscribe('d0'),
    ({ simulation, client }) => send(simulation, client, ['topic://T', 'B,topic://T']),
  ],
  acknowledge: [
    ({ simulation, client }) => send(simulation, client, ['A', 'A', 'A', 'B']),
    (stage) => void stage.consume('A'),
    ({ simulation, client }) => take(simulation, client, 1, AckType.Individual),
    ({ simulation, client }) => take(simulation, client, 2, AckType.Standard),
  ],
  commit: [
    ({ simulation, client }) => send(simulation, client, ['A', 'A']),
    (stage) => void stage.consume('A'),
    (stage) => void stage.begin(false),
    (stage) => inside(stage),
    ({ simulation, client }) => open(client, (transaction) => commit(simulation, client, transaction)),
  ],
  rollback: [
    ({ simulation, client }) => send(simulation, client, ['A', 'A']),
    (stage) => void stage.consume('A'),
    (stage) => void stage.begin(false),
    (stage) => inside(stage),
    ({ simulation, client }) => open(client, (transaction) => rollback(simulation, client, transaction)),
  ],
  'prepare and commit': branch(true),
  'prepare and roll back': branch(false),
  'subscribe and unsubscribe': [
    (stage) => void stage.subscribe('d0'),
    ({ simulation, client }) => send(simulation, client, ['topic://T', 'topic://T']),
    ({ simulation, client }) => {
      for (const consumer of client.consumers.slice()) close(simulation, client, consumer)
    },
    ({ simulation, client }) => send(simulation, client, ['topic://T']),
    ({ simulation }) => void unsubscribe.run(simulation),
    (stage) => void stage.subscribe('d0'),
  ],
  expiry: [
    ({ simulation, client }) => {
      const expiration = simulation.clock.now() + 700
      for (const destination of ['A', 'B', 'A,B']) sendLetter(simulation, client, { destination, expiration })
    },
    ({ simulation }) => simulation.pass(1500),
  ],
  'dead letter': [
    ({ simulation, client }) => send(simulation, client, ['A', 'A', 'A']),
    (stage) => void stage.consume('A'),
    ({ simulation, client }) => take(simulation, client, 1, AckType.Poison),
    ({ simulation, client }) => take(simulation, client, 1, AckType.Individual),
    (stage) => void stage.consume(DEAD_LETTERS),
  ],
  'letters that go back': [
    ({ simulation, client }) => send(simulation, client, ['A', 'A', 'A']),
    (stage) => void stage.consume('A'),
    ({ simulation, client }) => take(simulation, client, 1, AckType.Poison),
    ({ simulation, client }) => take(simulation, client, 1, AckType.Poison),
    ({ simulation }) => revive.run(simulation),
    ({ simulation, client }) => take(simulation, client, 1, AckType.Individual),
  ],
  schedule: [
    (stage) => later(stage, 'A', { delayMs: 200, periodMs: 300, repeats: 2 }),
    (stage) => later(stage, VIRTUAL, { delayMs: 400, key: 'k' }),
    ({ simulation }) => simulation.pass(300),
    (stage) => later(stage, 'A,B', { delayMs: 300, key: 'k' }),
    (stage) => later(stage, 'B', { periodMs: 200, repeats: -1 }),
    ({ simulation }) => simulation.pass(900),
    ({ simulation, client }) => cancelAll(simulation, client),
  ],
  'fan-out': [
    (stage) => void stage.subscribe('d0'),
    ({ simulation, client }) => send(simulation, client, [VIRTUAL, COMPOSITE, `A,${VIRTUAL}`]),
    (stage) => void stage.begin(false),
    ({ simulation, client }) =>
      open(client, (transaction) => {
        for (const destination of [VIRTUAL, COMPOSITE]) sendLetter(simulation, client, { destination, transaction })
      }),
    ({ simulation, client }) => open(client, (transaction) => commit(simulation, client, transaction)),
  ],
  'shared subscription': [
    (stage) => void stage.share(0),
    (stage) => void stage.share(0),
    ({ simulation, client }) => send(simulation, client, ['topic://T', 'topic://T', 'topic://T']),
    ({ simulation, client }) => {
      for (const consumer of client.consumers.slice()) close(simulation, client, consumer)
    },
    ({ simulation, client }) => send(simulation, client, ['topic://T']),
    ({ simulation, client }) => unsubscribeFrom(simulation, client, simulation.ledger.shared(SHARED[0] as SharedFacts)),
    (stage) => void stage.share(2),
    ({ simulation, client }) => send(simulation, client, ['topic://U']),
  ],
  'temporary queue': [
    ({ simulation }) => makeTemporary.run(simulation),
    ({ simulation }) => sendTemporary.run(simulation),
    ({ simulation, client }) => send(simulation, client, ['A']),
    ({ simulation }) => sendTemporary.run(simulation),
  ],
  'segments, snapshots, sweep': [
    ({ simulation, client }) => send(simulation, client, ['B']),
    (stage) => void stage.consume('A'),
    ...Array.from(
      { length: 14 },
      (): Act =>
        async ({ simulation, client }) => {
          sendLetter(simulation, client, { destination: 'A', size: 1800 })
          await simulation.rest()
          take(simulation, client, 1, AckType.Standard)
          simulation.tick(100)
        },
    ),
  ],
  stop: [
    ({ simulation, client }) => send(simulation, client, ['A', 'B']),
    ({ simulation }) => simulation.lifetime?.stop(),
  ],
}

function branch(committed: boolean): readonly Act[] {
  return [
    ({ simulation, client }) => send(simulation, client, ['A', 'A']),
    (stage) => void stage.consume('A'),
    (stage) => void stage.begin(true),
    (stage) => inside(stage),
    ({ simulation, client }) => open(client, (transaction) => prepare(simulation, client, transaction)),
    ({ simulation, client }) => {
      for (const transaction of simulation.ledger.transactions) endBranch(simulation, client, transaction, committed)
    },
  ]
}

function send(simulation: Simulation, client: SimulatedClient, destinations: readonly string[]): void {
  for (const destination of destinations) sendLetter(simulation, client, { destination, size: 300 })
}

function later({ simulation, client }: Stage, destination: string, terms: Partial<Terms>): void {
  const now = { delayMs: 0, periodMs: 0, repeats: 0, everyMinute: false, key: null }
  sendLetter(simulation, client, { destination, size: 100, terms: { ...now, ...terms } })
}

/** Settles the oldest that its consumer on A has. */
function take(simulation: Simulation, client: SimulatedClient, count: number, kind: AckType): void {
  const consumer = client.consumers.find((one) => one.destination === 'A')
  if (consumer === undefined || consumer.held.length < count) return
  settle(simulation, client, consumer, 0, count, kind, null)
}

function inside({ simulation, client }: Stage): void {
  open(client, (transaction) => {
    for (const destination of ['B', 'A,B']) sendLetter(simulation, client, { destination, transaction, size: 300 })
    const consumer = client.consumers[0]
    if (consumer !== undefined && consumer.held.length > 0) {
      settle(simulation, client, consumer, 0, 1, AckType.Individual, transaction)
    }
  })
}

function open(client: SimulatedClient, then: (transaction: Undecided) => void): void {
  const { transaction } = client
  if (transaction === null) return
  then(transaction)
  if (client.transaction?.fate !== 1) client.transaction = null
}

/** The stage of a broker that has just been started. */
export async function stageOf(simulation: Simulation): Promise<Stage | null> {
  const client = simulation.connect('c0')
  await simulation.rest()
  if (client === null || !client.ready) return null
  const facts = { selection: null, prefetch: 10 }
  return {
    simulation,
    client,
    consume: (queue) => {
      const place = simulation.ledger.queue(queue)
      return subscribe(simulation, client, { destination: queue, place, ...facts })
    },
    subscribe: (name) => {
      const place = simulation.ledger.durable(client.clientId, name, 'topic://T')
      return subscribe(simulation, client, { destination: 'topic://T', place, ...facts })
    },
    share: (at) => {
      const { topic, selection, ...rest } = SHARED[at] as SharedFacts
      const place = simulation.ledger.shared({ topic, selection, ...rest })
      return subscribe(simulation, client, { destination: topic, place, selection, prefetch: 2 })
    },
    begin: (distributed) => {
      begin(simulation, client, distributed)
      return client.transaction as Undecided
    },
  }
}
