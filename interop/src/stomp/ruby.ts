/** The stomp library of Ruby, as Debian packs it; installed when it is not there and this is Debian. Its tests are in its gem only. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../java.ts'
import { madeOnce } from '../made-once.ts'
import { remoteParty } from './remote-wire.ts'
import { type StompParty, versions } from './wire.ts'

const cannot = { 'heart-beats are agreed on, and come': { why: 'The library tells nobody that one has come.' } }
const run = promisify(execFile)

export async function rubyParty(): Promise<StompParty> {
  await prepare()
  return remoteParty(
    { command: 'ruby', args: [join(root, 'interop', 'ruby', 'stomp_driver.rb')] },
    { nameOf: (version) => `Ruby stomp ${version}`, scheme: 'stomp', versions, cannot },
  )
}

/** The version whose tests are run. */
export const GEM_VERSION = '1.4.10'

/**
 * The gem unpacked, with its tests: from the folder that MILLRACE_STOMP_GEM names, or else fetched by its name. Null: RubyGems cannot be
 * reached.
 */
export async function stompGem(): Promise<string | null> {
  await prepare()
  const given = process.env['MILLRACE_STOMP_GEM'] ?? ''
  if (given !== '') return given
  try {
    const name = `stomp-${GEM_VERSION}`
    const folder = await madeOnce(`ruby-${name}`, async (aside) => {
      await run('gem', ['fetch', 'stomp', '--version', GEM_VERSION], { cwd: aside })
      await run('gem', ['unpack', `${name}.gem`], { cwd: aside })
    })
    return join(folder, name)
  } catch {
    return null
  }
}

async function prepare(): Promise<void> {
  if (await works('ruby', '-e', 'require "stomp"')) return
  await works('apt-get', 'update')
  await works('apt-get', 'install', '--yes', '--no-install-recommends', 'ruby', 'ruby-stomp')
  if (await works('ruby', '-e', 'require "stomp"')) return
  throw new Error('The tests need Ruby with its library stomp: packages ruby and ruby-stomp of Debian.')
}

async function works(command: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    return true
  } catch {
    return false
  }
}
