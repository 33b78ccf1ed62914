import type { Policy } from '../../../src/core/broker.ts'
import { POLICIES } from '../lifetime.ts'
import { DEAD_LETTERS } from '../ledger.ts'
import { at, type Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'

/** Dead letters of queues go back to where they came from, those that nobody has in hand. */
export const revive: Step = {
  name: 'revive',
  weight: 2,
  async run(simulation) {
    await simulation.rest()
    // What is asked and not answered may yet become a letter, or not.
    if (simulation.clients.some((client) => client.unansweredRequests.length > 0) || simulation.cramped) return
    const { broker } = simulation.lifetime ?? {}
    if (!simulation.open || broker === undefined || broker.queue(at(DEAD_LETTERS)) === null) return
    simulation.ledger.reviving()
    const limit = simulation.random(2) === 0 ? 1 : 50
    broker.retries.retry(
      { limit, selector: "JMSDestination LIKE 'queue:%'" },
      {
        retried: (error, result) => {
          simulation.note(() => `  ${result?.count} letters went back`)
          if (error !== null && !simulation.cramped && !simulation.faulty) {
            simulation.fail(new Error('letters cannot go back', { cause: error }))
          }
        },
      },
    )
    await simulation.rest()
  },
}

/** How queues and topics behave is changed while they are in use. */
export const changePolicies: Step = {
  name: 'change policies',
  weight: 1,
  run(simulation) {
    const change = simulation.pick(CHANGES) as Partial<Policy>
    if (!simulation.open) return
    simulation.note(() => `  ${JSON.stringify(change)}`)
    // Sends wait for space, and are refused after a time.
    if (change.memoryLimit !== undefined) simulation.cramped = true
    if (change.prioritizedMessages !== undefined) simulation.ledger.prioritizing = true
    if (change.concurrentStoreAndDispatch === true) simulation.ledger.eager = true
    setPolicies(simulation, change)
  },
}

export function setPolicies(simulation: Simulation, change: Partial<Policy>): void {
  simulation.lifetime?.broker.setPolicies(
    POLICIES.map((entry) => ({ ...entry, policy: { ...entry.policy, ...change } })),
  )
}

const CHANGES: readonly Partial<Policy>[] = [
  {},
  { strictOrderDispatch: true },
  { lazyDispatch: true },
  { concurrentStoreAndDispatch: true },
  { prioritizedMessages: true },
  { prioritizedMessages: false },
  { usePrefetchExtension: false },
  { timeBeforeDispatchStarts: 300 },
  { useConsumerPriority: false, advisoryForConsumed: true, advisoryForDelivery: true },
  { subscriptionRecoveryPolicy: { kind: 'fixedCount', maximumSize: 5 } },
  { memoryLimit: 6000 },
  // What waits goes to the disk, at queues and topics alike.
  { producerFlowControl: false, memoryLimit: 6000 },
]
