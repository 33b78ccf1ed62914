import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '@millrace/base'
import { Access, type AccessRules } from '../../src/access/access.ts'
import { parseAccessRules } from '../../src/access/access-text.ts'
import { hashPassword, parsePasswordHash, passwordMatches } from '../../src/access/password.ts'
import { covers, Permissions } from '../../src/access/permissions.ts'
import { at } from '../core/world.ts'

const spec = {
  connectionId: 'ID:1',
  clientId: 'c',
  userName: null,
  password: null,
  peerAddress: '127.0.0.1:1',
  reconnected: false,
}

test('a password matches its own hash, whose salt is another each time', async () => {
  const [one, other] = [await hashPassword('manager'), await hashPassword('manager')]
  assert.notEqual(one, other)
  assert.match(one, /^scrypt\$16384\$8\$1\$/)
  assert.equal(await passwordMatches('manager', parsePasswordHash(one)), true)
  assert.equal(await passwordMatches('Manager', parsePasswordHash(other)), false)
})

test('what is no hash is refused, and so is one that asks for too much memory', () => {
  const key = Buffer.alloc(32).toString('base64')
  for (const text of [
    'manager',
    'scrypt$16384$8$1$AAAA$',
    `scrypt$1073741824$8$1$${key}$${key}`,
    `scrypt$16383$8$1$${key}$${key}`,
    `scrypt$16384$-8$1$${key}$${key}`,
    `scrypt$16384$8$1$${key}$${key}$more`,
  ]) {
    assert.throws(() => parsePasswordHash(text), { code: 'CONFIGURATION_INVALID' }, text)
  }
})

test('users are told from strangers, and a wrong password from none', async () => {
  const password = await hashPassword('pearl')
  const access = new Access({ users: [{ name: 'ann', password, groups: ['staff'] }] })
  const login = async (userName: string | null, word: string | null): Promise<unknown> => {
    try {
      return (await access.authenticating({ ...spec, userName, password: word })).groups
    } catch (error) {
      return (error as MillraceError).code
    }
  }
  assert.deepEqual(await login('ann', 'pearl'), ['staff'])
  assert.equal(await login('ann', 'ruby'), 'NOT_AUTHENTICATED')
  assert.equal(await login('ann', null), 'NOT_AUTHENTICATED')
  assert.equal(await login('bob', 'pearl'), 'NOT_AUTHENTICATED')
  assert.equal(await login(null, null), 'NOT_AUTHENTICATED')
  access.replace({ users: [{ name: 'ann', password: await hashPassword('ruby') }], anonymous: true, guest: true })
  assert.equal(await login('ann', 'pearl'), 'NOT_AUTHENTICATED')
  assert.deepEqual(await login('ann', 'ruby'), [])
  assert.deepEqual(await login('bob', 'anything'), ['guests'])
  assert.deepEqual(await login(null, null), ['anonymous'])
})

test('many who connect at once are checked one after the other, and the same again not at all', async () => {
  const password = await hashPassword('pearl')
  const access = new Access({ users: [{ name: 'ann', password }] })
  const login = (): Promise<unknown> =>
    Promise.resolve(access.authenticating({ ...spec, userName: 'ann', password: 'pearl' }))
  await Promise.all(Array.from({ length: 4 }, login))
  // Remembered: answered before any check could have been made.
  let checked = false
  const other = Promise.resolve(access.authenticating({ ...spec, userName: 'eve', password: 'x' })).catch(() => {
    checked = true
  })
  await login()
  assert.equal(checked, false)
  await other
})

test('all entries that cover a destination count together, and what none covers is forbidden', () => {
  const permissions = new Permissions(
    [
      { destination: 'queue://A.>', read: ['staff'], write: ['*'] },
      { destination: 'queue://A.B', read: ['audit'] },
      { destination: 'topic://A.>', admin: ['staff'] },
    ],
    null,
  )
  const may = (groups: string[], action: 'read' | 'write' | 'admin', to: string): boolean =>
    permissions.allow({ name: 'x', groups }, action, at(to))
  assert.equal(may(['staff'], 'read', 'A.B'), true)
  assert.equal(may(['audit'], 'read', 'A.B'), true)
  assert.equal(may(['audit'], 'read', 'A.C'), false)
  assert.equal(may([], 'write', 'A'), true)
  assert.equal(may(['staff'], 'admin', 'A.B'), false)
  assert.equal(may(['staff'], 'admin', 'topic://A.B'), true)
  assert.equal(may(['staff'], 'read', 'B'), false)
  assert.equal(may([], 'read', 'temp-queue://ID:1:1'), true)
  assert.equal(may([], 'read', 'topic://ActiveMQ.Advisory.TempQueue'), true)
  assert.equal(may([], 'read', 'topic://ActiveMQ.Advisory.Connection'), false)
})

test('a narrow entry takes away by denying, from those whom it names, and from patterns that mean it too', () => {
  const permissions = new Permissions(
    [
      { destination: 'queue://A.>', read: ['*'], write: ['*'] },
      { destination: 'queue://A.SECRET', deny: { read: ['staff'] }, read: ['audit'] },
      { destination: 'queue://B.*.X', read: ['*'], deny: { read: ['guests'] } },
      { destination: 'queue://B.>', read: ['*'] },
    ],
    null,
  )
  const may = (groups: string[], action: 'read' | 'write', to: string): boolean =>
    permissions.allow({ name: 'x', groups }, action, at(to))
  assert.equal(may(['staff'], 'read', 'A.SECRET'), false)
  assert.equal(may(['staff', 'audit'], 'read', 'A.SECRET'), false)
  assert.equal(may(['staff'], 'write', 'A.SECRET'), true)
  assert.equal(may(['other'], 'read', 'A.SECRET'), true)
  assert.equal(may(['staff'], 'read', 'A.OPEN'), true)
  assert.equal(may(['staff'], 'read', 'A.>'), false)
  assert.equal(may(['staff'], 'read', 'A.*'), false)
  assert.equal(may(['staff'], 'read', 'A.OPEN.>'), true)
  assert.equal(may(['guests'], 'read', 'B.>'), false)
  assert.equal(may(['guests'], 'read', 'B.1.*'), false)
  assert.equal(may(['guests'], 'read', 'B.1.Y'), true)
  for (const deny of [{ read: 'staff' }, { reed: ['staff'] }, ['staff']]) {
    const entries = [{ destination: 'A', deny }] as unknown as ConstructorParameters<typeof Permissions>[0]
    assert.throws(() => new Permissions(entries, null), { code: 'CONFIGURATION_INVALID', message: /deny of A/ })
  }
})

test('a token in place of the password says who a user is', async () => {
  const password = await hashPassword('pearl')
  const access = new Access({
    users: [{ name: 'ann', password, groups: ['staff'] }],
    tokens: async (token, { userName }) => {
      if (token === 'broken') throw new TypeError('the other service is down')
      return token === 'good' ? { name: `token-${userName}`, groups: ['apps'] } : null
    },
  })
  const login = async (userName: string | null, word: string | null): Promise<unknown> => {
    try {
      const { name, groups } = await access.authenticating({ ...spec, userName, password: word })
      return [name, groups]
    } catch (error) {
      return (error as MillraceError).code
    }
  }
  assert.deepEqual(await login('app', 'good'), ['token-app', ['apps']])
  assert.deepEqual(await login(null, 'good'), ['token-null', ['apps']])
  assert.deepEqual(await login('ann', 'pearl'), ['ann', ['staff']])
  // A user of the list has a password, and nothing else.
  assert.equal(await login('ann', 'good'), 'NOT_AUTHENTICATED')
  for (const token of ['bad', 'broken', '', null]) assert.equal(await login('app', token), 'NOT_AUTHENTICATED')
  const rules = { tokens: 'a text' } as unknown as AccessRules
  assert.throws(() => new Access(rules), { code: 'CONFIGURATION_INVALID', message: /tokens is a function/ })
})

test('a pattern is covered only by one that means all of it', () => {
  for (const [pattern, other, expected] of [
    ['A.>', 'A.B.*', true],
    ['A.>', 'A.>', true],
    ['A.*', 'A.>', false],
    ['A.*', 'A.*', true],
    ['A.B', 'A.*', false],
    ['>', 'A.>', true],
    ['A.*.C', 'A.*.C', true],
    ['A.*.C', 'A.>', false],
    ['A.B.>', 'A.>', false],
    ['A.*', 'A.B', true],
  ] as const) {
    assert.equal(covers(at(pattern), at(other)), expected, `${pattern} over ${other}`)
  }
})

test('rules that say nothing sensible are refused, and change nothing', () => {
  const access = new Access({ anonymous: true })
  for (const rules of [
    { user: [] },
    { users: [{ name: '', password: 'x' }] },
    { users: [{ name: 'ann', password: 'clear text' }] },
    { users: 'ann' },
    { permissions: [{ destination: 'A,B', read: ['x'] }] },
    { permissions: [{ destination: 'A', read: 'x' }] },
    { anonymous: { groups: 'x' } },
  ]) {
    assert.throws(() => access.replace(rules as unknown as AccessRules), { code: 'CONFIGURATION_INVALID' })
  }
  assert.equal((access.authenticating(spec) as { name: string }).name, 'anonymous')
  assert.throws(() => parseAccessRules('{'), { code: 'CONFIGURATION_INVALID' })
})
