import { createHmac, randomBytes } from 'node:crypto'
import { MillraceError } from '@millrace/base'
import { passwordMatches, parsePasswordHash, type PasswordHash } from './password.ts'

/** Checks that wait for their turn; more connections than this at once are told to come back. */
const WAITING_MAX = 1_000

/** Passwords that were right and are remembered, so that a pool that connects anew costs one check. */
const REMEMBERED_MAX = 1_000

/** For names that do not exist: the check takes as long, and says nothing. */
const NOBODY = parsePasswordHash(
  'scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
)

/**
 * Checks passwords, one at a time: a check is made to be slow and runs on the threads that the journal needs for its
 * syncs, so however many connect, at least all but one of them are the journal's.
 */
export class Logins {
  /** Of this process: what is remembered is worth nothing outside. */
  readonly #secret = randomBytes(32)
  readonly #right = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** `hash` null: there is no such user. */
  async check(name: string, password: string, hash: PasswordHash | null): Promise<boolean> {
    const mark = this.#mark(name, password, hash)
    if (this.#right.has(mark)) return true
    if (this.#waiting >= WAITING_MAX) {
      throw new MillraceError('LIMIT_REACHED', `${this.#waiting} connections wait for their password to be checked`)
    }
    this.#waiting++
    const turn = this.#last.then(() => passwordMatches(password, hash ?? NOBODY))
    this.#last = turn.catch(() => {})
    let right: boolean
    try {
      right = await turn
    } finally {
      this.#waiting--
    }
    if (!right || hash === null) return false
    this.#right.add(mark)
    if (this.#right.size > REMEMBERED_MAX) this.#right.delete(this.#right.values().next().value ?? mark)
    return true
  }

  /** Users have changed. */
  forget(): void {
    this.#right.clear()
  }

  #mark(name: string, password: string, hash: PasswordHash | null): string {
    const mark = createHmac('sha256', this.#secret).update(JSON.stringify([name, password]))
    return mark.update(hash?.key ?? '').digest('base64')
  }
}
