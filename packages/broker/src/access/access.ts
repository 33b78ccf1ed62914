import { MillraceError } from '@millrace/base'
import type { Broker, Connection, ConnectionSpec } from '../core/broker.ts'
import type { Interceptor } from '../core/interceptor.ts'
import type { Action, Principal } from '../core/permission.ts'
import type { Destination } from '../message/destination.ts'
import { type CertificateUser, certificateUsersOf, subjectKey } from './certificates.ts'
import { Logins } from './logins.ts'
import { parsePasswordHash, type PasswordHash } from './password.ts'
import { type Grants, type PermissionEntry, Permissions } from './permissions.ts'

export interface User {
  readonly name: string
  /** `scrypt$…`, as `hashPassword` or `millrace password` makes it. */
  readonly password: string
  readonly groups?: readonly string[]
}

/** Somebody who gives no proof of who it is. */
export interface Stranger {
  readonly name?: string
  readonly groups?: readonly string[]
}

/** Who may connect, and what they may do. Also the form of the file that `millrace start --access` reads. */
export interface AccessRules {
  readonly users?: readonly User[]
  /** Who is known by the certificate that it showed, and gives no user name. */
  readonly certificates?: readonly CertificateUser[]
  /** Connections without a user name. Default: they are refused. `true`: user and group `anonymous`. */
  readonly anonymous?: boolean | Stranger
  /** Connections with a name that is no user's, whatever their password. Default: refused. `true`: `guest` of `guests`. */
  readonly guest?: boolean | Stranger
  /**
   * Users that prove who they are with a token as the password: asked for names that are none of `users`, and for
   * connections without a name that have a password. Only from code. Null, or what it throws, is a refusal.
   */
  readonly tokens?: TokenCheck
  /** Default: whoever is connected may do everything. */
  readonly permissions?: readonly PermissionEntry[]
  /** Default: temporary destinations are open to all. */
  readonly temporary?: Grants
}

/** Who has this token, null: nobody. `userName`: what the client calls itself, which proves nothing. */
export type TokenCheck = (
  token: string,
  connection: { readonly userName: string | null; readonly clientId: string; readonly peerAddress: string },
) => Principal | null | Promise<Principal | null>

/** Tokens that are being checked; more connections than this at once are told to come back. */
const TOKENS_MAX = 1_000

/** Decisions remembered per principal. */
const DECISIONS_MAX = 1_000

const NAMES: Readonly<Record<keyof AccessRules, true>> = {
  users: true,
  certificates: true,
  anonymous: true,
  guest: true,
  tokens: true,
  permissions: true,
  temporary: true,
}

/**
 * Users, groups and permissions of one broker. Passwords are checked when a connection introduces itself; permissions
 * where the core knows the one destination that is meant. Both can be replaced while the broker runs.
 */
export class Access implements Interceptor {
  readonly #logins = new Logins()
  #users: ReadonlyMap<string, { readonly principal: Principal; readonly hash: PasswordHash }> = new Map()
  #certificates: ReadonlyMap<string, Principal> = new Map()
  #anonymous: Principal | null = null
  #guest: Principal | null = null
  #tokens: TokenCheck | null = null
  #checking = 0
  #permissions: Permissions | null = null
  /** What was decided, since the rules were last replaced. */
  #decisions = new WeakMap<Principal, Map<string, boolean>>()
  #broker: Broker | null = null

  /** Throws CONFIGURATION_INVALID. */
  constructor(rules: AccessRules) {
    this.replace(rules)
  }

  /**
   * Other rules from now on. Connections that are open stay, with the name and the groups they have; what they may do is
   * looked at anew, except that a consumer keeps what it has. Throws CONFIGURATION_INVALID, and then nothing has changed.
   */
  replace(rules: AccessRules): void {
    if (typeof rules !== 'object' || rules === null) throw invalid('rules are an object')
    for (const name of Object.keys(rules)) if (!Object.hasOwn(NAMES, name)) throw invalid(`there is no ${name}`)
    const users = usersOf(rules.users ?? [])
    const certificates = certificateUsersOf(rules.certificates ?? [])
    const { tokens = null } = rules
    if (tokens !== null && typeof tokens !== 'function') throw invalid('tokens is a function, from code only')
    const permissions =
      rules.permissions === undefined && rules.temporary === undefined
        ? null
        : new Permissions(rules.permissions ?? [], rules.temporary ?? null)
    this.#anonymous = strangerOf(rules.anonymous, 'anonymous', 'anonymous')
    this.#guest = strangerOf(rules.guest, 'guest', 'guests')
    this.#tokens = tokens
    this.#users = users
    this.#certificates = certificates
    this.#permissions = permissions
    this.#decisions = new WeakMap()
    this.#logins.forget()
    // Producers remember where they may send to.
    for (const connection of this.#broker?.connections.values() ?? []) {
      for (const producer of connection.producers.values()) producer.target = null
    }
  }

  /** The broker that it is for. */
  joined(broker: Broker): void {
    this.#broker = broker
  }

  authenticating(spec: ConnectionSpec): Principal | Promise<Principal> {
    const { userName, password, certificate = null } = spec
    const tokens = this.#tokens
    if (tokens !== null && password !== null && password !== '' && !this.#users.has(userName ?? '')) {
      return this.#byToken(tokens, password, spec)
    }
    if (userName === null || userName === '') {
      const known = certificate === null ? undefined : this.#certificates.get(subjectKey(certificate))
      if (known !== undefined) return known
      if (this.#anonymous !== null) return this.#anonymous
      throw new MillraceError('NOT_AUTHENTICATED', 'a user name and a password are needed')
    }
    const user = this.#users.get(userName)
    if (user === undefined && this.#guest !== null) return this.#guest
    return this.#login(userName, password ?? '', user ?? null)
  }

  permits(connection: Connection, action: Action, destination: Destination): boolean {
    const permissions = this.#permissions
    if (permissions === null) return true
    const { principal } = connection
    if (principal === null) return false
    let decisions = this.#decisions.get(principal)
    if (decisions === undefined) {
      decisions = new Map()
      this.#decisions.set(principal, decisions)
    }
    const key = `${action} ${destination.text}`
    const known = decisions.get(key)
    if (known !== undefined) return known
    const allowed = permissions.allow(principal, action, destination)
    if (decisions.size < DECISIONS_MAX) decisions.set(key, allowed)
    return allowed
  }

  async #byToken(check: TokenCheck, token: string, spec: ConnectionSpec): Promise<Principal> {
    if (this.#checking >= TOKENS_MAX) {
      throw new MillraceError('LIMIT_REACHED', `${this.#checking} connections wait for their token to be checked`)
    }
    const { userName, clientId, peerAddress } = spec
    let principal: Principal | null
    this.#checking++
    try {
      principal = await check(token, { userName, clientId, peerAddress })
    } catch (cause) {
      throw new MillraceError('NOT_AUTHENTICATED', 'the token could not be checked', { cause })
    } finally {
      this.#checking--
    }
    if (principal !== null) return { name: principal.name, groups: groupsOf(principal.groups, principal.name) }
    if (this.#guest !== null && userName !== null && userName !== '') return this.#guest
    throw new MillraceError('NOT_AUTHENTICATED', 'the token is not valid')
  }

  async #login(
    name: string,
    password: string,
    user: { readonly principal: Principal; readonly hash: PasswordHash } | null,
  ): Promise<Principal> {
    const right = await this.#logins.check(name, password, user?.hash ?? null)
    if (right && user !== null) return user.principal
    throw new MillraceError('NOT_AUTHENTICATED', `user name ${JSON.stringify(name.slice(0, 100))} or password is wrong`)
  }
}

function usersOf(users: readonly User[]): Map<string, { principal: Principal; hash: PasswordHash }> {
  if (!Array.isArray(users)) throw invalid('users is a list')
  const found = new Map<string, { principal: Principal; hash: PasswordHash }>()
  for (const { name, password, groups = [] } of users as readonly User[]) {
    if (typeof name !== 'string' || name === '') throw invalid('a user has a name')
    if (found.has(name)) throw invalid(`there are two users ${name}`)
    if (typeof password !== 'string') throw invalid(`user ${name} has no password`)
    found.set(name, { principal: { name, groups: groupsOf(groups, name) }, hash: parsePasswordHash(password) })
  }
  return found
}

function strangerOf(given: boolean | Stranger | undefined, name: string, group: string): Principal | null {
  if (given === undefined || given === false) return null
  const stranger = given === true ? {} : given
  return { name: stranger.name ?? name, groups: groupsOf(stranger.groups ?? [group], name) }
}

function groupsOf(groups: readonly string[], of: string): readonly string[] {
  if (Array.isArray(groups) && groups.every((group) => typeof group === 'string')) return groups
  throw invalid(`the groups of ${of} are a list of names`)
}

function invalid(why: string): MillraceError {
  return new MillraceError('CONFIGURATION_INVALID', `access: ${why}`)
}
