import { MillraceError } from '@millrace/base'
import type { Action, Principal } from '../core/permission.ts'
import { Destination } from '../message/destination.ts'

/** Who may do what: names of groups, or `*` for everybody who is connected. */
export interface Grants {
  /** Consume and browse. */
  readonly read?: readonly string[]
  /** Send. */
  readonly write?: readonly string[]
  /** Make a destination that is not there, remove one that is. */
  readonly admin?: readonly string[]
}

export interface PermissionEntry extends Grants {
  /** `queue://ORDERS.>`, `topic://*.news`: one destination or a pattern. */
  readonly destination: string
}

/** Every client consumes from these to know which temporary destinations there are. */
const FREE_ADVISORIES: ReadonlySet<string> = new Set([
  'topic://ActiveMQ.Advisory.TempQueue',
  'topic://ActiveMQ.Advisory.TempTopic',
])

interface Entry {
  readonly destination: Destination
  readonly grants: Grants
}

/**
 * Read, write and admin by destination. All entries that cover a destination count together: a narrow one cannot take
 * away what a wide one gives. What no entry covers is forbidden.
 */
export class Permissions {
  readonly #entries: readonly Entry[]
  readonly #temporary: Grants | null

  /** `temporary` null: temporary destinations are open to all, which replies need; only their owner consumes anyway. */
  constructor(entries: readonly PermissionEntry[], temporary: Grants | null) {
    this.#entries = entries.map((entry) => {
      checkGrants(entry, entry.destination)
      const destination = Destination.parse(entry.destination)
      if (!destination.composite && !destination.temporary) return { destination, grants: entry }
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `a permission is for one queue or topic, not ${destination.text}`,
      )
    })
    if (temporary !== null) checkGrants(temporary, 'temporary')
    this.#temporary = temporary
  }

  allow(principal: Principal, action: Action, destination: Destination): boolean {
    if (destination.temporary) return this.#temporary === null || grants(this.#temporary, action, principal)
    if (action === 'read' && FREE_ADVISORIES.has(destination.text)) return true
    for (const entry of this.#entries) {
      if (covers(entry.destination, destination) && grants(entry.grants, action, principal)) return true
    }
    return false
  }
}

/** Whether everything that `other` may mean is meant by `pattern` as well. */
export function covers(pattern: Destination, other: Destination): boolean {
  if (!other.pattern) return pattern.matches(other)
  if (pattern.kind !== other.kind) return false
  const wide = pattern.name.split('.')
  const narrow = other.name.split('.')
  for (let i = 0; i < wide.length; i++) {
    if (wide[i] === '>' && i === wide.length - 1) return true
    const element = narrow[i]
    if (element === undefined || element === '>') return false
    if (wide[i] !== '*' && wide[i] !== element) return false
  }
  return wide.length === narrow.length
}

function grants(given: Grants, action: Action, principal: Principal): boolean {
  const groups = given[action] ?? []
  return groups.some((group) => group === '*' || principal.groups.includes(group))
}

function checkGrants(given: Grants, where: string): void {
  for (const action of ['read', 'write', 'admin'] as const) {
    const groups = given[action] ?? []
    if (Array.isArray(groups) && groups.every((group) => typeof group === 'string')) continue
    throw new MillraceError('CONFIGURATION_INVALID', `${action} of ${where}: expected a list of groups`)
  }
}
