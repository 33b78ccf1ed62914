import assert from 'node:assert/strict'
import {
  AcknowledgeMode,
  type Connection,
  createXASession,
  type MessageConsumer,
  Queue,
  RedeliveryPolicy,
  type Session,
  Topic,
  XA,
  type Xid,
  xidText,
} from '@millrace/client'
import type { HostProcess } from './host-process.ts'
import { queueEndpoint, type Received, type Witness } from './witness.ts'

/** What a script has at hand: a broker with a client, before anything is counted. */
export interface Stage {
  readonly host: HostProcess
  readonly witness: Witness
  readonly connection: Connection
  readonly session: Session
  /** What is to be looked at when everything is over. */
  readonly facts: Facts
}

export interface Facts {
  /** A branch that was begun and not ended, as far as was confirmed. */
  branch: Branch | null
  /** `true`, `false`: it was confirmed that the durable subscription is there, or not. */
  subscribed: boolean | null
}

export interface Branch {
  readonly xid: Xid
  /** Of the ledger. */
  readonly transaction: string
  /** It was confirmed. */
  prepared: boolean
  /** What was asked of it after that. */
  asked: 'commit' | 'rollback' | null
}

/** `ready` comes before the calls are counted; `run` until its end, or until the broker dies in the middle of it. */
export interface Script {
  ready?(stage: Stage): Promise<void>
  run(stage: Stage): Promise<void>
}

const A = new Queue('A')
const B = new Queue('B')
const inA = queueEndpoint('A')
const inB = queueEndpoint('B')
export const TOPIC: Topic = new Topic('T')
export const DURABLE = 'durable://d'
export const CLIENT_ID = 'points'
const GROUPS = ['Consumer.g1.VirtualTopic.V', 'Consumer.g2.VirtualTopic.V'] as const

/** All queues in which something may be left. */
export const QUEUES: readonly string[] = ['A', 'B', ...GROUPS]

export const SCRIPTS: Readonly<Record<string, Script>> = {
  'a start': { run: async () => {} },
  sends: {
    ready: async (stage) => void (await subscribe(stage)),
    run: async ({ witness, session }) => {
      await witness.send(session, A, [inA])
      await witness.send(session, new Queue('A,B'), [inA, inB])
      await witness.send(session, TOPIC, [DURABLE])
      await witness.send(session, new Queue('B,topic://T'), [inB, DURABLE], { size: 3000 })
    },
  },
  'a virtual topic': {
    ready: async ({ connection }) => {
      for (const group of GROUPS) await (await connection.createSession()).createConsumer(new Queue(group))
    },
    run: async ({ witness, session }) => {
      const topic = new Topic('VirtualTopic.V')
      for (let i = 0; i < 3; i++) await witness.send(session, topic, GROUPS.map(queueEndpoint))
    },
  },
  acknowledgements: {
    ready: async ({ witness, session }) => fill(witness, session, 4),
    run: async ({ witness, connection }) => {
      const consumer = await consumerOf(connection, AcknowledgeMode.INDIVIDUAL)
      const all: Received[] = []
      for (let i = 0; i < 4; i++) all.push(await witness.receive(consumer, inA, 'individual'))
      for (const at of [1, 0, 3]) await witness.acknowledge(all[at] as Received)
    },
  },
  'a commit': { ready: ({ witness, session }) => fill(witness, session, 2), run: (stage) => transact(stage, true) },
  'a rollback': { ready: ({ witness, session }) => fill(witness, session, 2), run: (stage) => transact(stage, false) },
  'a branch prepared and committed': {
    ready: ({ witness, session }) => fill(witness, session, 2),
    run: (stage) => branch(stage, true),
  },
  'a branch prepared and rolled back': {
    ready: ({ witness, session }) => fill(witness, session, 2),
    run: (stage) => branch(stage, false),
  },
  'a durable subscription and its end': {
    run: async (stage) => {
      const { witness, session, facts } = stage
      const consumer = await subscribe(stage)
      const first = await witness.send(session, TOPIC, [DURABLE])
      const second = await witness.send(session, TOPIC, [DURABLE])
      await consumer.close()
      facts.subscribed = null
      const forgotten = witness.forgetting(DURABLE, [first, second])
      await session.unsubscribe('d')
      for (const one of forgotten) witness.acknowledged(one)
      facts.subscribed = false
      await witness.send(session, A, [inA])
      await subscribe(stage)
    },
  },
  schedules: {
    run: async ({ host, witness, session }) => {
      const series = { AMQ_SCHEDULED_DELAY: 200, AMQ_SCHEDULED_PERIOD: 300, AMQ_SCHEDULED_REPEAT: 2 }
      await witness.send(session, A, [inA], { properties: series, times: 3 })
      await witness.send(session, new Queue('A,B'), [inA, inB], { properties: { AMQ_SCHEDULED_DELAY: 400 } })
      for (let i = 0; i < 4; i++) {
        await host.advance(300)
        await witness.send(session, B, [inB])
      }
    },
  },
  expiry: {
    ready: async ({ witness, session }) => {
      await witness.send(session, A, [inA], { timeToLive: 60_000 })
      await witness.send(session, new Queue('A,B'), [inA, inB], { timeToLive: 60_000 })
    },
    run: async ({ host, witness, session }) => {
      await host.advance(1000)
      // A minute is over at once.
      await host.advance(61_000)
      await witness.send(session, B, [inB])
      await host.advance(500)
      await witness.send(session, B, [inB])
    },
  },
  'dead letters': {
    ready: async ({ witness, session }) => fill(witness, session, 3),
    run: async (stage) => {
      const { witness, connection, session } = stage
      for (let i = 0; i < 2; i++) {
        const giving = await connection.createSession({ transacted: true })
        const consumer = await giving.createConsumer(new Queue('A?consumer.prefetchSize=1'))
        consumer.redeliveryPolicy = new RedeliveryPolicy({ maximumRedeliveries: 0 })
        const one = await witness.receive(consumer, inA, `giving up ${i}`)
        await giving.rollback()
        witness.released(one)
        // What was sent before this is stored before it.
        await witness.send(session, B, [inB])
        await giving.close()
        witness.dead.add(one.id)
      }
    },
  },
  'segments, snapshots, sweeps': {
    ready: ({ witness, session }) => witness.send(session, B, [inB]).then(() => {}),
    run: async ({ host, witness, session, connection }) => {
      const consumer = await consumerOf(connection, AcknowledgeMode.INDIVIDUAL)
      const producer = await session.createProducer(A)
      for (let i = 0; i < 14; i++) {
        await witness.send(session, producer, [inA], { size: 1800 })
        await witness.acknowledge(await witness.receive(consumer, inA, 'small'))
        await host.advance(100)
      }
    },
  },
  'a clean stop': {
    ready: async ({ witness, session }) => fill(witness, session, 2),
    run: async ({ host, witness }) => {
      await witness.leave()
      await host.close()
    },
  },
}

async function fill(witness: Witness, session: Session, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await witness.send(session, A, [inA])
}

async function consumerOf(connection: Connection, acknowledgeMode: AcknowledgeMode): Promise<MessageConsumer> {
  return (await connection.createSession({ acknowledgeMode })).createConsumer(A)
}

async function subscribe({ session, facts }: Stage): Promise<MessageConsumer> {
  facts.subscribed = null
  const consumer = await session.createDurableConsumer(TOPIC, 'd')
  facts.subscribed = true
  return consumer
}

async function transact({ witness, connection, session: plain }: Stage, committing: boolean): Promise<void> {
  const session = await connection.createSession({ transacted: true })
  const transaction = witness.transaction()
  const one = await work(witness, session, transaction)
  if (committing) {
    witness.ledger.write({ kind: 'commit', transaction })
    await session.commit()
    witness.ledger.write({ kind: 'committed', transaction })
    return
  }
  witness.ledger.write({ kind: 'rolled-back', transaction })
  witness.released(one)
  await session.rollback()
  // A rollback writes nothing itself.
  await witness.send(plain, B, [inB])
}

/** Takes one message and sends two, as a part of a transaction. */
async function work(witness: Witness, session: Session, transaction: string): Promise<Received> {
  const consumer = await session.createConsumer(new Queue('A?consumer.prefetchSize=1'))
  const one = await witness.receive(consumer, inA, `in ${transaction}`)
  witness.acknowledging(one, transaction)
  await witness.send(session, B, [inB], { transaction })
  await witness.send(session, new Queue('A,B'), [inA, inB], { transaction })
  return one
}

async function branch({ witness, connection, facts }: Stage, committing: boolean): Promise<void> {
  const xid = { formatId: 7, globalTransactionId: Buffer.from('points'), branchQualifier: Buffer.of(1) }
  const { session, resource } = await createXASession(connection)
  const transaction = witness.transaction()
  const own: Branch = { xid, transaction, prepared: false, asked: null }
  facts.branch = own
  await resource.start(xid)
  const one = await work(witness, session, transaction)
  await resource.end(xid)
  await resource.prepare(xid)
  own.prepared = true
  own.asked = committing ? 'commit' : 'rollback'
  if (committing) {
    witness.ledger.write({ kind: 'commit', transaction })
    await resource.commit(xid, false)
    witness.ledger.write({ kind: 'committed', transaction })
  } else {
    await resource.rollback(xid)
    witness.ledger.write({ kind: 'rolled-back', transaction })
    witness.released(one)
  }
  facts.branch = null
}

/** After a start: a branch that was prepared for certain is there, and is ended as it was begun. */
export async function recoverBranch({ witness, facts }: Stage, connection: Connection): Promise<void> {
  const { resource } = await createXASession(connection)
  const found = await resource.recover(XA.TMSTARTRSCAN | XA.TMENDRSCAN)
  const { branch } = facts
  const { ledger } = witness
  const known = branch === null ? [] : found.filter((xid) => xidText(xid) === xidText(branch.xid))
  assert.equal(found.length, known.length, 'a branch is prepared that should not be')
  if (branch === null) return
  const { transaction, prepared, asked } = branch
  if (known.length === 0) {
    // It was prepared for certain, so it has become what was asked; else it was never prepared, and is rolled back.
    if (prepared) ledger.write({ kind: asked === 'commit' ? 'committed' : 'rolled-back', transaction })
    return
  }
  ledger.write({ kind: 'commit', transaction })
  await resource.commit(branch.xid, false)
  ledger.write({ kind: 'committed', transaction })
}
