import { ConsumerInfo, MessagePull, RemoveInfo, RemoveSubscriptionInfo } from '@millrace/openwire'
import { destinationOf, SimulatedConsumer, type SimulatedClient } from '../client.ts'
import { COLORS, DEAD_LETTERS, type DurableFacts, GROUPS, type Place, QUEUES, TOPICS, VIRTUAL } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'
import { readyClient } from './links.ts'

const CONSUMERS_MAX = 3

export const consume: Step = {
  name: 'consume',
  weight: 12,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined || open(client).length >= CONSUMERS_MAX) return
    const { random, ledger } = simulation
    const prefetch = [0, 1, 2, 5, 50][random(5)] as number
    const selection = random(4) === 0 ? (simulation.pick(COLORS) as string) : null
    if (random(4) === 0) {
      subscribe(simulation, client, {
        destination: simulation.pick([...TOPICS, VIRTUAL]) as string,
        place: null,
        selection,
        prefetch,
      })
      return
    }
    const name = random(8) === 0 ? DEAD_LETTERS : (simulation.pick([...QUEUES, ...GROUPS]) as string)
    subscribe(simulation, client, { destination: name, place: ledger.queue(name), selection, prefetch })
  },
}

export const browse: Step = {
  name: 'browse',
  weight: 2,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined || open(client).length >= CONSUMERS_MAX) return
    const name = simulation.pick([...QUEUES, ...GROUPS]) as string
    const prefetch = [1, 100][simulation.random(2)] as number
    const facts = { destination: name, place: simulation.ledger.queue(name), selection: null, prefetch, browser: true }
    subscribe(simulation, client, facts)
  },
}

export const subscribeDurably: Step = {
  name: 'subscribe durably',
  weight: 5,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined || open(client).length >= CONSUMERS_MAX) return
    const { random, ledger } = simulation
    const subscription = `d${random(2)}`
    const place = ledger.durable(client.clientId, subscription, simulation.pick(TOPICS) as string)
    const durable = place.durable as NonNullable<Place['durable']>
    if (open(client).some((one) => one.place === place)) return
    // Mostly as it is; another selector begins a new one.
    const known = durable.state === 'there' ? (durable.selections[0] as string | null) : null
    const selection = random(8) === 0 ? (simulation.pick(COLORS) as string) : known
    const prefetch = [0, 1, 5, 50][random(4)] as number
    subscribe(simulation, client, { destination: place.destination, place, selection, prefetch })
  },
}

export const unsubscribe: Step = {
  name: 'unsubscribe',
  weight: 2,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined) return
    const place = simulation.pick(
      simulation.ledger
        .durables()
        .filter(({ durable }) => durable?.clientId === client.clientId && durable.state !== 'none'),
    )
    if (place !== undefined) unsubscribeFrom(simulation, client, place)
  },
}

export function unsubscribeFrom(simulation: Simulation, client: SimulatedClient, place: Place): void {
  if (client.consumers.some((one) => one.place === place)) return
  const durable = place.durable as DurableFacts
  const certain = durable.state === 'there' && durable.kind === 'durable'
  simulation.note(() => `  ${place.name}`)
  simulation.ledger.unsubscribing(place)
  const info = new RemoveSubscriptionInfo()
  info.subscriptionName = durable.subscription
  info.clientId = client.clientId
  const { generation } = durable
  client.request(info, `unsubscribe ${place.name}`, ({ error }) => {
    place.pending--
    if (durable.generation !== generation) return
    if (error === null) simulation.ledger.unsubscribed(place)
    else if (certain) simulation.fail(new Error(`unsubscribing ${place.name}: ${error}`))
  })
}

export const closeConsumer: Step = {
  name: 'close consumer',
  weight: 4,
  run(simulation) {
    const client = readyClient(simulation)
    const consumer = client === undefined ? undefined : simulation.pick(open(client))
    if (client === undefined || consumer === undefined) return
    simulation.note(() => `  ${consumer.name}`)
    close(simulation, client, consumer)
  },
}

export const pull: Step = {
  name: 'pull',
  weight: 10,
  run(simulation) {
    const client = readyClient(simulation)
    const consumer =
      client === undefined ? undefined : simulation.pick(open(client).filter((one) => one.prefetch === 0))
    if (client === undefined || consumer === undefined) return
    pullOne(client, consumer, [-1, 0, 300][simulation.random(3)] as number)
  },
}

export function pullOne(client: SimulatedClient, consumer: SimulatedConsumer, timeoutMs: number): void {
  const info = new MessagePull()
  info.consumerId = consumer.id
  info.destination = destinationOf(consumer.destination)
  info.timeout = timeoutMs
  client.send(info)
}

export function close(simulation: Simulation, client: SimulatedClient, consumer: SimulatedConsumer): void {
  const info = new RemoveInfo()
  info.objectId = consumer.id
  // The last one that the application saw, none, or nobody knows.
  const last = simulation.random(3)
  const held = simulation.pick(consumer.held)
  info.lastDeliveredSequenceId = last === 0 ? -1 : last === 1 || held === undefined ? -2 : held.key
  consumer.closed = true
  for (const copy of consumer.owned) simulation.ledger.giveBack(copy, false)
  simulation.ledger.departed(consumer)
  consumer.held = []
  client.ask(info, `close of ${consumer.name}`, () => {
    const at = client.consumers.indexOf(consumer)
    if (at >= 0) client.consumers.splice(at, 1)
  })
}

export interface Wish {
  readonly destination: string
  readonly place: Place | null
  readonly selection: string | null
  readonly prefetch: number
  readonly browser?: boolean
}

export function subscribe(simulation: Simulation, client: SimulatedClient, wish: Wish): SimulatedConsumer {
  const { destination, place, selection, prefetch, browser = false } = wish
  const { ledger } = simulation
  const consumer = new SimulatedConsumer(client, client.nextId(), destination, place, { selection, prefetch, browser })
  client.consumers.push(consumer)
  simulation.note(() => `  ${consumer.name}, prefetch ${prefetch}, selects ${selection ?? 'all'}`)
  const info = new ConsumerInfo()
  info.consumerId = consumer.id
  info.destination = destinationOf(destination)
  info.prefetchSize = prefetch
  info.selector = selection === null ? null : `JMSType = '${selection}'`
  info.browser = browser
  const durable = place?.durable ?? null
  if (place !== null && durable !== null) {
    if (durable.kind !== 'temporary') {
      info.subscriptionName = durable.subscription
      ledger.subscribing(place, selection)
    }
  }
  const generation = durable?.generation
  client.request(info, `consumer of ${place?.name ?? destination}`, ({ error }) => {
    if (place !== null && durable !== null && durable.kind !== 'temporary') place.pending--
    if (error !== null) {
      // Another link of this client may hold it, as far as the broker knows.
      if (durable?.kind !== 'durable') simulation.fail(new Error(`${consumer.name} was refused: ${error}`))
      consumer.closed = true
      place?.consumers.delete(consumer)
      return
    }
    consumer.confirmed = true
    if (place === null || durable === null || durable.kind === 'temporary') return
    if (durable.generation === generation) ledger.subscribed(place, selection)
  })
  return consumer
}

export function open(client: SimulatedClient): SimulatedConsumer[] {
  return client.consumers.filter(({ closed }) => !closed)
}
