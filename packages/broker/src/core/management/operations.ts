import { MillraceError } from '@millrace/base'
import { Destination } from '../../message/destination.ts'
import type { Administration } from '../administration.ts'
import type { Broker } from '../broker.ts'
import type { Connection } from '../connection.ts'
import type { RetryResult } from '../dead-letters/retries.ts'
import { isAdvisory } from '../destinations.ts'
import { checkPermission, isPermitted } from '../permission.ts'
import type { Target } from '../target.ts'
import { MANAGEMENT_QUEUE } from './name.ts'
import type { Request } from './request.ts'
import { branchView, connectionView, consumerView, damagedView, destinationView, durableView } from './views.ts'

/** Elements of one answer: its default, and what may be asked for. */
const PAGE_COUNT = 1_000
const PAGE_COUNT_MAX = 10_000

/** Messages that one look into a subscription shows. */
const BROWSE_MAX = 1_000

/** Who asks, for what. */
export interface Asked {
  readonly broker: Broker
  readonly connection: Connection
  readonly request: Request
}

type Answer = Readonly<Record<string, unknown>>
type Operation = (asked: Asked) => Answer | Promise<Answer>

/**
 * What can be asked for by message. Whoever asks needs `admin` on each destination that is meant; what a pattern covers
 * and it may not have is left out. Who only asks for more time for what it has needs nothing. Connections, consumers of others and branches need `admin` on the management queue.
 */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['broker', about],
  ['damaged', damaged],

  // ---- destinations
  ['destinations', destinations],
  ['create', create],
  [
    'delete',
    (asked) =>
      eachOf(asked, (text, to) => to.deleteDestination(text, { evenIfUsed: asked.request.flag('evenIfUsed') })),
  ],
  ['purge', (asked) => eachOf(asked, (text, to) => to.purge(text))],
  ['pause', (asked) => eachOf(asked, (text, to) => to.pause(text))],
  ['resume', (asked) => eachOf(asked, (text, to) => to.resume(text))],
  ['retry', retry],

  // ---- durable and shared subscriptions
  ['subscriptions', subscriptions],
  ['createSubscription', createSubscription],
  ['deleteSubscription', deleteSubscription],
  ['browseSubscription', browseSubscription],

  // ---- who is connected
  ['consumers', consumers],
  ['endConsumer', endConsumer],
  ['connections', connections],
  ['endConnection', endConnection],

  ['extendLease', extendLease],

  // ---- branches in doubt
  ['branches', branches],
  ['commitBranch', (asked) => endBranch(asked, true)],
  ['rollbackBranch', (asked) => endBranch(asked, false)],
])

/** Throws, or rejects with, what is answered as an error. */
export async function operate(asked: Asked): Promise<Answer> {
  const name = asked.request.text('operation')
  const operation = OPERATIONS.get(name)
  if (operation === undefined) {
    const known = [...OPERATIONS.keys()].join(', ')
    throw new MillraceError('MESSAGE_REFUSED', `there is no operation ${name.slice(0, 40)}; there are ${known}`)
  }
  return await operation(asked)
}

function about({ broker }: Asked): Answer {
  const { name, id, connections, store } = broker
  return { name, id, connections: connections.size, damagedMessages: store.damaged().length }
}

function damaged({ broker, connection, request }: Asked): Answer {
  checkPermission(broker, connection, 'admin', MANAGEMENT_QUEUE)
  const views = broker.store.damaged().map(damagedView)
  views.sort((one, other) => (one.id < other.id ? -1 : 1))
  return page(request, 'damaged', views, ({ id }) => id)
}

function destinations({ broker, connection, request }: Asked): Answer {
  const whole = request.textOr('destination', null) === null ? null : request.destination('destination')
  if (whole !== null) checkNamed(broker, connection, whole)
  const found = whole === null ? plainOnes(broker) : broker.administration.find(whole)
  const views = found
    .filter(({ destination }) => isPermitted(broker, connection, 'admin', destination))
    .map(destinationView)
  views.sort((one, other) => (one.destination < other.destination ? -1 : 1))
  return page(request, 'destinations', views, (view) => view.destination)
}

function plainOnes(broker: Broker): Target[] {
  return [...broker.destinations.all].filter(({ destination }) => !isAdvisory(destination) && !destination.temporary)
}

function create({ broker, connection, request }: Asked): Answer {
  const destination = request.destination('destination')
  checkPermission(broker, connection, 'admin', destination)
  return { destination: broker.administration.createDestination(destination).destination.text }
}

/** One after the other. What fails for one of several is in the answer; what fails for the only one is the answer. */
async function eachOf(
  { broker, connection, request }: Asked,
  change: (destination: Destination, administration: Administration) => Promise<number>,
): Promise<Answer> {
  const whole = request.destination('destination')
  const { administration } = broker
  checkNamed(broker, connection, whole)
  if (!whole.composite && !whole.pattern) {
    return { destinations: [{ destination: whole.text, count: await change(whole, administration) }] }
  }
  const done: Answer[] = []
  for (const { destination } of administration.find(whole)) {
    if (!isPermitted(broker, connection, 'admin', destination)) continue
    try {
      done.push({ destination: destination.text, count: await change(destination, administration) })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      done.push({ destination: destination.text, error: { code: error.code, message: error.message } })
    }
  }
  return { destinations: done }
}

/** Needs `admin` on the dead letter queue, and `write` on the target where one is named. */
async function retry({ broker, connection, request }: Asked): Promise<Answer> {
  const queue = Destination.parse(request.textOr('queue', 'queue://ActiveMQ.DLQ'))
  checkPermission(broker, connection, 'admin', queue)
  const to = request.textOr('to', null)
  if (to !== null) checkPermission(broker, connection, 'write', Destination.parse(to))
  const messageId = request.textOr('messageId', undefined)
  const selector = request.textOr('selector', undefined)
  const limit = request.count('limit', 0, Number.MAX_SAFE_INTEGER)
  const result = await new Promise<RetryResult>((resolve, reject) => {
    const options = {
      queue,
      ...(messageId === undefined ? {} : { messageId }),
      ...(selector === undefined ? {} : { selector }),
      ...(limit === 0 ? {} : { limit }),
      ...(to === null ? {} : { to }),
    }
    broker.retries.retry(options, {
      retried: (error, done) => (done === null ? reject(error ?? new Error('a retry came to nothing')) : resolve(done)),
    })
  })
  return { ...result }
}

function subscriptions({ broker, connection, request }: Asked): Answer {
  const topic = request.textOr('destination', null)
  const client = request.textOr('clientId', null)
  const wanted = topic === null ? null : Destination.parse(topic).parts()
  const views = broker.durables
    .list()
    .filter(({ clientId }) => client === null || client === clientId)
    .filter(({ destination }) => wanted === null || covers(wanted, destination))
    .filter(({ destination }) => permittedAll(broker, connection, destination))
    .map(durableView)
  const idOf = (view: { readonly clientId: string; readonly name: string }): string => `${view.clientId}\n${view.name}`
  views.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1))
  return page(request, 'subscriptions', views, idOf)
}

async function createSubscription({ broker, connection, request }: Asked): Promise<Answer> {
  const destination = topicOf(request)
  checkAll(broker, connection, destination)
  const clientId = request.textOr('clientId', '')
  const name = request.text('name')
  const selector = request.textOr('selector', null)
  const noLocal = request.flag('noLocal')
  await broker.durables.create({ clientId, name, destination, selector, noLocal, shared: request.flag('shared') })
  return { clientId, name }
}

async function deleteSubscription(asked: Asked): Promise<Answer> {
  const { clientId, name } = known(asked)
  await asked.broker.durables.delete(clientId, name)
  return { clientId, name }
}

async function browseSubscription(asked: Asked): Promise<Answer> {
  const { clientId, name } = known(asked)
  const countMax = asked.request.count('limit', 100, BROWSE_MAX)
  const messages = await asked.broker.durables.browse(clientId, name, countMax)
  return {
    messages: messages.map((message) => ({
      messageId: message.id,
      destination: message.destination.text,
      timestamp: message.timestamp,
      expiration: message.expiration,
      priority: message.priority,
      persistent: message.persistent,
      correlationId: message.correlationId,
      type: message.type,
      bytes: message.body?.length ?? 0,
    })),
  }
}

/** `slow`: only those that are. Without `admin` on the management queue: those of destinations that it may administer. */
function consumers({ broker, connection, request }: Asked): Answer {
  const text = request.textOr('destination', null)
  const slowOnly = request.flag('slow')
  const { administration } = broker
  const all = isPermitted(broker, connection, 'admin', MANAGEMENT_QUEUE)
  const views = administration
    .consumers(text ?? undefined)
    .filter(({ slow }) => slow || !slowOnly)
    .filter(({ destination }) => all || permittedAll(broker, connection, Destination.parse(destination)))
  views.sort((one, other) => (one.consumer < other.consumer ? -1 : 1))
  return page(request, 'consumers', views, (view) => view.consumer)
}

function endConsumer({ broker, connection, request }: Asked): Answer {
  const consumer = request.text('consumer')
  const wholeConnection = request.flag('connection')
  const subscription = broker.administration.consumer(consumer)
  // A connection has other consumers, too.
  if (wholeConnection) checkPermission(broker, connection, 'admin', MANAGEMENT_QUEUE)
  else checkAll(broker, connection, subscription.spec.destination)
  const ended = consumerView(subscription)
  broker.administration.endConsumer(consumer, { connection: wholeConnection })
  return { ...ended }
}

/** For the consumers of the connection that asks: whether it still has the message, which is then its for `ms` more. */
function extendLease({ broker, connection, request }: Asked): Answer {
  const messageId = request.text('messageId')
  const ms = request.count('ms', 0, broker.limits.leaseMsMax)
  for (const subscription of connection.subscriptions.values()) {
    const key = subscription.counting ? null : subscription.keyOf(messageId)
    const entry = key === null ? null : subscription.find(key)
    if (entry === null) continue
    subscription.lease?.extend(entry, ms)
    return { extended: true }
  }
  return { extended: false }
}

function connections({ broker, connection, request }: Asked): Answer {
  checkPermission(broker, connection, 'admin', MANAGEMENT_QUEUE)
  const views = [...broker.connections.values()].map(connectionView)
  views.sort((one, other) => (one.connection < other.connection ? -1 : 1))
  return page(request, 'connections', views, (view) => view.connection)
}

function endConnection({ broker, connection, request }: Asked): Answer {
  checkPermission(broker, connection, 'admin', MANAGEMENT_QUEUE)
  const id = request.text('connection')
  broker.administration.endConnection(id)
  return { connection: id }
}

function branches({ broker, connection, request }: Asked): Answer {
  checkPermission(broker, connection, 'admin', MANAGEMENT_QUEUE)
  return page(request, 'branches', broker.branches.inDoubt().map(branchView), ({ id }) => id)
}

async function endBranch({ broker, connection, request }: Asked, committed: boolean): Promise<Answer> {
  checkPermission(broker, connection, 'admin', MANAGEMENT_QUEUE)
  const id = request.text('id')
  await (committed ? broker.branches.commit(id) : broker.branches.rollback(id))
  return { id, committed }
}

// ---- what they share

/** `limit` elements behind the one that `after` names; `more` says whether there are others, and `next` what to ask for. */
function page<T>(request: Request, name: string, all: readonly T[], idOf: (one: T) => string): Answer {
  const limit = request.count('limit', PAGE_COUNT, PAGE_COUNT_MAX)
  const after = request.textOr('after', null)
  const from = after === null ? all : all.filter((one) => idOf(one) > after)
  const shown = from.slice(0, limit)
  const last = shown.at(-1)
  const next = from.length > shown.length && last !== undefined ? idOf(last) : null
  return { [name]: shown, next }
}

function topicOf(request: Request): Destination {
  const destination = request.destination('destination')
  // What durable subscriptions are of is never a queue: a bare name here is a topic.
  return request.text('destination').includes('://') ? destination : Destination.parse(`topic://${destination.name}`)
}

/** The subscription that is meant, if whoever asks may administer what it is of. Throws SUBSCRIPTION_UNKNOWN. */
function known({ broker, connection, request }: Asked): { clientId: string; name: string } {
  const clientId = request.textOr('clientId', '')
  const name = request.text('name')
  const view = broker.durables.list().find((one) => one.durable && one.clientId === clientId && one.name === name)
  if (view === undefined) {
    throw new MillraceError(
      'SUBSCRIPTION_UNKNOWN',
      `client ${clientId || '(none)'} has no durable subscription ${name}`,
    )
  }
  checkAll(broker, connection, view.destination)
  return { clientId, name }
}

/** What a pattern covers is looked at one by one. */
function checkNamed(broker: Broker, connection: Connection, whole: Destination): void {
  for (const part of whole.parts()) if (!part.pattern) checkPermission(broker, connection, 'admin', part)
}

function checkAll(broker: Broker, connection: Connection, destination: Destination): void {
  for (const part of destination.parts()) checkPermission(broker, connection, 'admin', part)
}

function permittedAll(broker: Broker, connection: Connection, destination: Destination): boolean {
  return destination.parts().every((part) => isPermitted(broker, connection, 'admin', part))
}

function covers(wanted: readonly Destination[], destination: Destination): boolean {
  return destination.parts().some((part) => wanted.some((one) => one.text === part.text || one.matches(part)))
}
