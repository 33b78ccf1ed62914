import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { alsoOf, type BrokerPlace, listenOf, place, type RunningBroker } from './broker.ts'
import { startChild } from './child.ts'
import { furnish } from './furnished.ts'
import { root } from './java.ts'

/** Starts Millrace as its own program, the way a user does. */
export async function startMillrace(options: BrokerPlace = {}): Promise<RunningBroker> {
  const { data, leave } = place(options)
  const program = join(root, 'packages', 'broker', 'bin', 'millrace.js')
  const { access, certificate } = options
  const where = options.memory === true ? ['--memory'] : ['--data', data]
  const child = startChild(process.execPath, [
    '--enable-source-maps',
    program,
    'start',
    '--json',
    '--log-level',
    options.logLevel ?? 'warn',
    '--listen',
    `openwire://127.0.0.1:${options.port ?? 0}`,
    ...listenOf(options).flatMap((address) => ['--listen', address]),
    ...(certificate === undefined ? [] : ['--tls-key', certificate.keyFile, '--tls-cert', certificate.certFile]),
    ...(access === undefined ? [] : ['--access', access]),
    ...where,
    ...(options.furnished === true ? await furnish(data) : []),
  ])
  try {
    const ready = await child.first()
    const [address, ...others] = ready['addresses'] as string[]
    return {
      name: 'Millrace',
      system: 'Millrace',
      version: millraceVersion(),
      url: String(address).replace(/^openwire:/, 'tcp:'),
      also: alsoOf(options, others),
      pid: child.pid,
      data,
      child,
      stop: async () => {
        await child.stop('SIGTERM')
        leave()
      },
    }
  } catch (error) {
    leave()
    throw error
  }
}

export function millraceVersion(): string {
  const text = readFileSync(join(root, 'packages', 'broker', 'package.json'), 'utf8')
  return String((JSON.parse(text) as { version: unknown }).version)
}
