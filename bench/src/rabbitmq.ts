import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Child, Harness } from './harness.ts'
import { StompLoadClient } from './stomp-load-client.ts'

/** Where Debian's package puts its programs, which are not for everybody's path. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const READY_MS_MAX = 60_000

/**
 * A RabbitMQ with its STOMP plugin and nothing else: on the loopback address, with a node name, a directory, ports and a port mapper
 * of its own. It is installed from Debian's packages when it is not there and this program may do so.
 */
export class RabbitMq {
  readonly url: string
  readonly login = { login: 'guest', passcode: 'guest' } as const
  readonly version: string
  readonly #child: Child
  readonly #epmd: Child | null
  readonly #directory: string

  private constructor(url: string, version: string, child: Child, epmd: Child | null, directory: string) {
    this.url = url
    this.version = version
    this.#child = child
    this.#epmd = epmd
    this.#directory = directory
  }

  /** Throws why it cannot be had. */
  static async start(harness: Harness): Promise<RabbitMq> {
    install()
    const directory = mkdtempSync(join(tmpdir(), 'millrace-rabbitmq-'))
    const [amqp, stomp, distribution, mapper] = [await freePort(), await freePort(), await freePort(), await freePort()]
    mkdirSync(join(directory, 'data'))
    writeFileSync(
      join(directory, 'rabbitmq.conf'),
      [
        `listeners.tcp.local = 127.0.0.1:${amqp}`,
        `stomp.listeners.tcp.local = 127.0.0.1:${stomp}`,
        'loopback_users.guest = true',
        'log.console = false',
        'log.file.level = error',
        '',
      ].join('\n'),
    )
    writeFileSync(join(directory, 'enabled_plugins'), '[rabbitmq_stomp].\n')
    const env = {
      ...process.env,
      HOME: directory,
      RABBITMQ_NODENAME: `millrace-bench-${process.pid}@localhost`,
      RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(directory, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
      RABBITMQ_MNESIA_BASE: join(directory, 'data'),
      RABBITMQ_LOG_BASE: directory,
      RABBITMQ_PID_FILE: join(directory, 'pid'),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(mapper),
    }
    // Its port mapper would stay behind if the server started it.
    const epmd = harness.startChild('epmd', ['-address', '127.0.0.1', '-port', String(mapper)], { env })
    const child = harness.startChild(SERVER, [], { cwd: directory, env })
    const url = `stomp://127.0.0.1:${stomp}`
    const rabbit = new RabbitMq(url, versionOf(), child, epmd, directory)
    try {
      await rabbit.#ready()
    } catch (error) {
      await rabbit.stop()
      throw error
    }
    return rabbit
  }

  async stop(): Promise<void> {
    // The server forks its machine; the shell in front of it passes the signal on.
    await this.#child.stop('SIGTERM')
    await this.#epmd?.stop('SIGTERM')
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #ready(): Promise<void> {
    const end = performance.now() + READY_MS_MAX
    for (;;) {
      try {
        const client = await StompLoadClient.open(this.url, this.login)
        client.close()
        return
      } catch (error) {
        if (this.#child.process.exitCode !== null)
          throw new Error(`RabbitMQ ended: ${this.#child.said()}`, { cause: error })
        if (performance.now() > end) throw new Error(`RabbitMQ is not ready: ${String(error)}`, { cause: error })
        await pause(300)
      }
    }
  }
}

function install(): void {
  if (existsSync(SERVER)) return
  // Debian starts what it installs; nobody asked for that.
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  try {
    if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'rabbitmq-server'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim()
    throw new Error(`rabbitmq-server cannot be installed: ${said.split('\n').at(-1) ?? ''}`, { cause: error })
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
  if (!existsSync(SERVER)) throw new Error(`there is no ${SERVER}`)
}

function versionOf(): string {
  const text = execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'rabbitmq-server'], { encoding: 'utf8' })
  return text.split('-')[0] ?? text
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
