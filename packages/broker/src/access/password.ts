import { Buffer } from 'node:buffer'
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { MillraceError } from '@millrace/base'

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)

/** Of scrypt (RFC 7914): 16 MiB and some 50 ms for one check. */
const COST = 16_384
const BLOCK_SIZE = 8
const PARALLEL = 1
const SALT_BYTES = 16
const KEY_BYTES = 32

/** No stored hash may ask for more memory than this, whoever wrote it. */
const COST_MAX = 1 << 20

export interface PasswordHash {
  readonly cost: number
  readonly blockSize: number
  readonly parallel: number
  readonly salt: Buffer
  readonly key: Buffer
}

/**
 * What is kept of a password: `scrypt$16384$8$1$salt$key`, the last two in base64. The salt comes from the system, as it
 * must not be known before; nothing in the broker's turns calls this.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, KEY_BYTES, parameters(COST, BLOCK_SIZE, PARALLEL))
  return ['scrypt', COST, BLOCK_SIZE, PARALLEL, salt.toString('base64'), key.toString('base64')].join('$')
}

/** Throws CONFIGURATION_INVALID. */
export function parsePasswordHash(text: string): PasswordHash {
  const [kind, cost = '', blockSize = '', parallel = '', salt = '', key = '', ...more] = text.split('$')
  const hash = {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallel: Number(parallel),
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  }
  const whole = [hash.cost, hash.blockSize, hash.parallel].every((number) => Number.isSafeInteger(number) && number > 0)
  const fits =
    hash.cost <= COST_MAX && hash.blockSize <= 32 && hash.parallel <= 16 && Number.isInteger(Math.log2(hash.cost))
  if (kind === 'scrypt' && more.length === 0 && whole && fits && hash.key.length >= 16 && hash.salt.length >= 8)
    return hash
  throw new MillraceError(
    'CONFIGURATION_INVALID',
    'a password is kept as "scrypt$16384$8$1$salt$key"; `millrace password` makes that of a password',
  )
}

/** Takes as long for a wrong password as for the right one. */
export async function passwordMatches(password: string, hash: PasswordHash): Promise<boolean> {
  const { cost, blockSize, parallel, salt, key } = hash
  const derived = await derive(password, salt, key.length, parameters(cost, blockSize, parallel))
  return timingSafeEqual(derived, key)
}

function parameters(N: number, r: number, p: number): { N: number; r: number; p: number; maxmem: number } {
  return { N, r, p, maxmem: 256 * N * r }
}
