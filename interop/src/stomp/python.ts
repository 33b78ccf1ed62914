/** Python packages for the tests, each in a folder of its own under .cache, installed once by their names and versions. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../java.ts'
import { madeOnce } from '../made-once.ts'
import { type RemoteDriver, remoteParty } from './remote-wire.ts'
import { type StompParty, versions } from './wire.ts'

/** The newest of each, when the tests were written. */
const STOMP_PY = 'stomp-py==9.0.0'
const TEXT = { why: 'Unless it is told otherwise it calls every message of a WebSocket text, which bytes are not.' }
const cannotInWebSockets = {
  'bytes of every value arrive as they were sent': TEXT,
  'a Java client and a STOMP client read each other, text and bytes': TEXT,
}
const run = promisify(execFile)

/** The folder with these packages and what they need. Throws what pip said. */
export function pythonPackages(...names: readonly string[]): Promise<string> {
  return madeOnce(`python-${names.join('-').replaceAll('==', '-')}`, (folder) =>
    pip('install', '--target', folder, ...names),
  )
}

/** The source of a package, as its author has packed it; nothing of it is installed. */
export function pythonSources(name: string): Promise<string> {
  return madeOnce(`python-source-${name.replace('==', '-')}`, async (folder) => {
    const [project = ''] = name.split('==')
    await pip('download', '--no-deps', '--no-binary', project, '--dest', folder, name)
    const unpack =
      'import pathlib, sys, tarfile\nfor file in pathlib.Path(".").glob("*.tar.gz"): tarfile.open(file).extractall(".")'
    await run('python3', ['-c', unpack], { cwd: folder })
  })
}

export async function stompPyParty(scheme: 'stomp' | 'ws'): Promise<StompParty> {
  const folder = await pythonPackages(STOMP_PY)
  const driver: RemoteDriver = {
    command: 'python3',
    args: [join(root, 'interop', 'python', 'stomp_driver.py')],
    env: { PYTHONPATH: folder },
  }
  return remoteParty(driver, {
    nameOf: (version) => `stomp.py ${version}${scheme === 'ws' ? ' in WebSockets' : ''}`,
    scheme,
    versions: scheme === 'ws' ? ['1.2'] : versions,
    cannot: scheme === 'ws' ? cannotInWebSockets : {},
  })
}

async function pip(...args: readonly string[]): Promise<void> {
  try {
    await run('python3', ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', ...args])
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new Error(`pip ${args.join(' ')} failed; the tests need Python 3.10 with pip:\n${stderr ?? ''}`, {
      cause: error,
    })
  }
}
