import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { millrace, startBroker, temporaryDirectory } from './program.ts'

async function hashOf(password: string): Promise<string> {
  const { code, stdout } = await millrace(['password'], `${password}\n`)
  assert.equal(code, 0)
  assert.match(stdout, /^scrypt\$[^\n]+\n$/)
  return stdout.trim()
}

test('start --access asks for a password, and reads the file again when it changes', async (t) => {
  const file = join(await temporaryDirectory(), 'access.json')
  const rules = async (password: string): Promise<void> => {
    const users = [{ name: 'ann', password: await hashOf(password), groups: ['staff'] }]
    const permissions = [{ destination: 'queue://>', read: ['staff'], write: ['staff'], admin: ['staff'] }]
    await writeFile(file, JSON.stringify({ users, permissions }))
  }
  await rules('pearl')
  const broker = await startBroker(t, ['--memory', '--access', file])
  const produce = async (password: string): Promise<string> => {
    const user = ['--user', 'ann', '--password', password]
    const { code, stderr } = await millrace(['produce', '--broker', broker.url, ...user, 'queue://Q', 'hello'])
    return `${code} ${/[A-Z]+_[A-Z]+/.exec(stderr)?.[0] ?? ''}`
  }
  assert.equal(await produce('pearl'), '0 ')
  assert.equal(await produce('ruby'), '1 NOT_AUTHORIZED')
  const again = new Promise<void>((resolve) => {
    broker.child.stderr?.on('data', (text: string) => {
      if (text.includes('access rules read again')) resolve()
    })
  })
  await rules('ruby')
  await again
  assert.equal(await produce('ruby'), '0 ')
  const { stderr } = await broker.stop()
  assert.ok(!stderr.includes('ruby'))
})

test('an access file that makes no sense ends the start', async () => {
  const file = join(await temporaryDirectory(), 'access.json')
  await writeFile(file, '{ "users": [{ "name": "ann", "password": "in clear" }] }')
  const { code, stderr } = await millrace(['start', '--memory', '--access', file])
  assert.equal(code, 2)
  assert.match(stderr, /CONFIGURATION_INVALID: a password is kept as/)
})

test('start --plugin takes names, modules and options', async (t) => {
  const file = join(await temporaryDirectory(), 'shout.mjs')
  await writeFile(
    file,
    `export const plugin = ({ word }) => ({ name: 'shout', start: ({ log }) => log.info({ word }, 'shouting') })`,
  )
  const json = JSON.stringify({ use: file, word: 'hey' })
  const broker = await startBroker(t, ['--memory', '--plugin', 'statistics', '--plugin', json])
  const { stderr } = await broker.stop()
  assert.match(stderr, /"word":"hey"[^\n]*"msg":"shouting"/)
  const wrong = await millrace(['start', '--memory', '--plugin', 'statistiks'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /CONFIGURATION_INVALID: plugin "statistiks" cannot be loaded/)
  assert.equal((await millrace(['start', '--memory', '--plugin', '{"name":"x"}'])).code, 2)
})
