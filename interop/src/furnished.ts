/**
 * What a broker can be told about users, permissions, policies and composites, for the behaviours that need it: here for
 * Millrace, in `ActiveMQ.java` for the other brokers.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AccessRules, hashPassword, type PolicyEntry, type VirtualDestinations } from 'millrace'

const policies: readonly PolicyEntry[] = [
  {
    destination: 'queue://policy.dead.>',
    policy: { deadLetterStrategy: { kind: 'individual', queuePrefix: 'DLQ.' } },
  },
  { destination: 'topic://policy.last.>', policy: { subscriptionRecoveryPolicy: { kind: 'lastImage' } } },
  {
    destination: 'topic://policy.slow.>',
    policy: { pendingMessageLimit: { kind: 'constant', limit: 3 }, advisoryForDiscardingMessages: true },
  },
  { destination: 'queue://policy.told.>', policy: { advisoryForDelivery: true, advisoryForConsumed: true } },
  { destination: 'queue://policy.exclusive.>', policy: { allConsumersExclusiveByDefault: true } },
]

const virtualDestinations: VirtualDestinations = {
  virtualTopics: [{ name: 'VirtualTopic.>' }],
  composites: [{ name: 'queue://composite.IN', forwardTo: ['queue://composite.OUT', 'topic://composite.NEWS'] }],
}

/** Writes the files that say it into the directory of a broker, and gives the options of `millrace start`. */
export async function furnish(directory: string): Promise<readonly string[]> {
  const staff = { read: ['staff'], write: ['staff'], admin: ['staff'] }
  const guests = { read: ['guests'], write: ['guests'], admin: ['guests'] }
  const either = ['staff', 'guests']
  const access: AccessRules = {
    users: [
      { name: 'ann', password: await hashPassword('pearl'), groups: ['staff'] },
      { name: 'bob', password: await hashPassword('quartz'), groups: ['guests'] },
    ],
    permissions: [
      { destination: 'queue://>', ...staff },
      { destination: 'topic://>', ...staff },
      { destination: 'queue://open.>', ...guests },
      { destination: 'topic://open.>', ...guests },
      { destination: 'queue://inbox.>', read: ['staff'], write: ['guests'], admin: either },
      { destination: 'queue://outbox.>', read: ['guests'], write: ['staff'], admin: either },
      { destination: 'topic://ActiveMQ.Advisory.>', read: ['*'], write: ['*'], admin: ['*'] },
    ],
  }
  const file = (name: string, content: object): string => {
    const path = join(directory, name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  return [
    '--access',
    file('access.json', access),
    '--config',
    file('config.json', { policies, virtualDestinations }),
    '--plugin',
    'statistics',
  ]
}
