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
  /** What these groups may not do there, whatever other entries give them. */
  readonly deny?: Grants
}

/** Every client consumes from these to know which temporary destinations there are. */
const FREE_ADVISORIES: ReadonlySet<string> = new Set([
  'topic://ActiveMQ.Advisory.TempQueue',
  'topic://ActiveMQ.Advisory.TempTopic',
])

interface Entry {
  readonly destination: Destination
  readonly grants: Grants
  readonly deny: Grants | null
}

/**
 * Read, write and admin by destination. All entries that cover a destination count together: a narrow one takes away what
 * a wide one gives only by saying `deny`, which counts more than all that is given. What no entry covers is forbidden. A
 * pattern is denied where any of what it covers is: nobody could say later which of it that was.
 */
export class Permissions {
  readonly #entries: readonly Entry[]
  readonly #temporary: Grants | null

  /** `temporary` null: temporary destinations are open to all, which replies need; only their owner consumes anyway. */
  constructor(entries: readonly PermissionEntry[], temporary: Grants | null) {
    this.#entries = entries.map((entry) => {
      checkGrants(entry, entry.destination)
      const destination = Destination.parse(entry.destination)
      const { deny = null } = entry
      if (deny !== null) checkDeny(deny, entry.destination)
      if (!destination.composite && !destination.temporary) return { destination, grants: entry, deny }
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
    let given = false
    for (const { destination: entry, grants: groups, deny } of this.#entries) {
      if (deny !== null && overlap(entry, destination) && grants(deny, action, principal)) return false
      given ||= covers(entry, destination) && grants(groups, action, principal)
    }
    return given
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

/** Whether something may be meant by both of them. */
function overlap(one: Destination, other: Destination): boolean {
  if (!other.pattern) return one.matches(other)
  if (!one.pattern) return other.matches(one)
  if (one.kind !== other.kind) return false
  const left = one.name.split('.')
  const right = other.name.split('.')
  for (let i = 0; ; i++) {
    const [element, counterpart] = [left[i], right[i]]
    if (element === '>' && i === left.length - 1) return true
    if (counterpart === '>' && i === right.length - 1) return true
    if (element === undefined || counterpart === undefined) return element === counterpart
    if (element !== '*' && counterpart !== '*' && element !== counterpart) return false
  }
}

function grants(given: Grants, action: Action, principal: Principal): boolean {
  const groups = given[action] ?? []
  return groups.some((group) => group === '*' || principal.groups.includes(group))
}

function checkDeny(deny: Grants, where: string): void {
  if (typeof deny !== 'object' || deny === null || Array.isArray(deny)) {
    throw new MillraceError('CONFIGURATION_INVALID', `deny of ${where}: expected { read, write, admin }`)
  }
  for (const name of Object.keys(deny)) {
    if (name === 'read' || name === 'write' || name === 'admin') continue
    throw new MillraceError('CONFIGURATION_INVALID', `deny of ${where}: there is no ${name}`)
  }
  checkGrants(deny, `deny of ${where}`)
}

function checkGrants(given: Grants, where: string): void {
  for (const action of ['read', 'write', 'admin'] as const) {
    const groups = given[action] ?? []
    if (Array.isArray(groups) && groups.every((group) => typeof group === 'string')) continue
    throw new MillraceError('CONFIGURATION_INVALID', `${action} of ${where}: expected a list of groups`)
  }
}
