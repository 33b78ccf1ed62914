import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { millrace, type Outcome, startBroker, temporaryDirectory } from './program.ts'

type Json = Readonly<Record<string, unknown>>

function json(outcome: Outcome): Json {
  assert.equal(outcome.code, 0, outcome.stderr)
  return JSON.parse(outcome.stdout) as Json
}

test('a journal is backed up under a running broker, and a broker starts on the copy', async (t) => {
  const directory = await temporaryDirectory()
  const [data, copy] = [join(directory, 'data'), join(directory, 'copy')]
  const running = await startBroker(t, ['--data', data])
  await millrace(['produce', '--broker', running.url, 'queue://Q', 'one', 'two'])
  assert.equal(json(await millrace(['store', 'backup', '--data', data, copy, '--json']))['segments'], 1)
  // What comes later is not in it, and the broker goes on.
  await millrace(['produce', '--broker', running.url, 'queue://Q', 'three'])
  const again = await startBroker(t, ['--data', copy, '--name', 'copy'])
  const consumed = await millrace(['consume', '--broker', again.url, 'queue://Q', '--count', '2'])
  assert.equal(consumed.stdout, 'one\ntwo\n')
  const refused = await millrace(['store', 'backup', '--data', data, copy])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /CONFIGURATION_INVALID: .* is not empty/)
  assert.equal((await running.stop()).code, 0)
})

test('a journal is verified, listed, exported and imported when the broker is stopped, and not before', async (t) => {
  const directory = await temporaryDirectory()
  const [data, other, archive] = ['data', 'other', 'archive'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const running = await startBroker(t, ['--data', data, '--sync', 'periodic'])
  await millrace(['produce', '--broker', running.url, 'queue://Q', 'one', 'two'])
  for (const command of [['verify'], ['list'], ['export'], ['repair', other]]) {
    const refused = await millrace(['store', ...command, '--data', data])
    assert.equal(refused.code, 4, refused.stdout)
    assert.match(refused.stderr, /STORE_LOCKED/)
  }
  await running.stop()

  const verified = await millrace(['store', 'verify', '--data', data])
  assert.equal(verified.code, 0, verified.stderr)
  assert.match(verified.stdout, /queue:\/\/Q\s*│\s*2/)
  assert.match(verified.stdout, /Every check sum is right\.\n$/)
  const listed = await millrace(['store', 'list', '--data', data, '--json', '--queue', 'queue://Q'])
  const records = listed.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json)
  assert.equal(records.filter(({ type }) => type === 'Add').length, 2)
  const one = await millrace(['store', 'list', '--data', data, '--limit', '1'])
  assert.equal(one.stdout.split('\n').length, 2)

  assert.equal(json(await millrace(['store', 'export', '--data', data, archive, '--json']))['messages'], 2)
  assert.equal((await millrace(['store', 'export', '--data', data, archive])).code, 1, 'it is not written over')
  const text = await readFile(archive, 'utf8')
  assert.equal((await millrace(['store', 'export', '--data', data])).stdout, text)
  const imported = await millrace(['store', 'import', '--data', other], text)
  assert.equal(imported.stdout, `Read 2 messages of 1 queue into ${other}.\n`)
  const restored = await startBroker(t, ['--data', other])
  const consumed = await millrace(['consume', '--broker', restored.url, 'queue://Q', '--count', '2'])
  assert.equal(consumed.stdout, 'one\ntwo\n')
  assert.equal((await millrace(['store', 'import', '--data', other, archive])).code, 2)
  const cut = await millrace(['store', 'import', '--data', join(directory, 'cut')], text.slice(0, -60))
  assert.equal(cut.code, 3)
  assert.match(cut.stderr, /STORE_DAMAGED/)
})

test('what is wrong in the options is told as everywhere, and nothing is made', async () => {
  const directory = await temporaryDirectory()
  for (const wrong of [
    ['verify', '--bogus'],
    ['backup'],
    ['list', '--limit', 'x'],
    ['bogus'],
    ['verify', '--data', directory],
  ]) {
    const told = await millrace(['store', ...wrong])
    assert.equal(told.code, 2, wrong.join(' '))
    assert.match(told.stderr, /^millrace: (USAGE|CONFIGURATION_INVALID): /)
  }
  assert.deepEqual(await readdir(directory), [])
})

test('a damaged journal is found, and what can be read of it is saved', async (t) => {
  const directory = await temporaryDirectory()
  const [data, saved] = [join(directory, 'data'), join(directory, 'saved')]
  const running = await startBroker(t, ['--data', data])
  for (const text of ['one', 'two', 'three']) await millrace(['produce', '--broker', running.url, 'queue://Q', text])
  await running.stop()
  const name = (await readdir(data)).find((each) => each.startsWith('segment-')) as string
  const bytes = await readFile(join(data, name))
  const at = bytes.indexOf('two')
  bytes[at] = 0x54
  await writeFile(join(data, name), bytes)
  const verified = await millrace(['store', 'verify', '--data', data])
  assert.equal(verified.code, 3)
  assert.match(verified.stdout, new RegExp(`${name}.*check sum`))
  const repaired = await millrace(['store', 'repair', '--data', data, saved])
  assert.equal(repaired.code, 0, repaired.stderr)
  assert.match(repaired.stdout, /Saved 2 messages/)
  const again = await startBroker(t, ['--data', saved])
  const consumed = await millrace(['consume', '--broker', again.url, 'queue://Q', '--count', '2'])
  assert.equal(consumed.stdout, 'one\nthree\n')
})
