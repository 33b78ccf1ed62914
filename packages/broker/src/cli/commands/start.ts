import { resolve } from 'node:path'
import { type Logger, systemClock } from '@millrace/base'
import { Command, Option } from 'commander'
import { Exit, format, report, UsageError } from '../exit.ts'
import { jsonLogger, type Level, levels, textLogger } from '../log.ts'
import { many } from '../options.ts'
import { AccessFile } from '../access-file.ts'
import { linesToCopy, pagesUrl } from '../lines-to-copy.ts'
import type { TlsFiles } from '../tls-files.ts'
import { pluginChoice } from '../plugin-choice.ts'

const SYNC = ['always', 'periodic', 'never'] as const
type SyncChoice = (typeof SYNC)[number]

interface StartOptions {
  readonly data?: string
  readonly memory?: true
  readonly listen?: readonly string[]
  readonly insecure?: true
  readonly access?: string
  readonly tlsKey?: string
  readonly tlsCert?: string
  readonly tlsCa?: string
  readonly tlsClientCertificates?: true
  readonly plugin?: readonly string[]
  readonly name: string
  readonly config?: string
  readonly web: boolean
  readonly sync?: SyncChoice
  readonly json?: true
  readonly logLevel?: Level
}

/** Without `--listen`. */
const LISTEN = ['auto://127.0.0.1:61616']
/** Nobody has asked for these, so others may have them. */
const LISTEN_IF_FREE = ['stomp://127.0.0.1:61613', 'ws://127.0.0.1:61614']

export function command(): Command {
  return new Command('start')
    .description('Runs a broker until it is told to stop (Ctrl-C, SIGTERM).')
    .option('--data <directory>', 'where the journal lives (default: ./data)')
    .option('--memory', 'no journal: everything is gone when it stops')
    .option(
      '--listen <address>',
      `address to listen on, repeatable (default: ${LISTEN.join(', ')}, and if free ${LISTEN_IF_FREE.join(', ')})`,
      many,
    )
    .option('--insecure', 'allow addresses that other machines can reach, although nobody is asked for a password')
    .option('--access <file>', 'users, groups and permissions: a JSON file, read again when it changes')
    .option('--tls-key <file>', 'the key of the certificate, PEM; like all of these read again when it changes')
    .option('--tls-cert <file>', 'for ssl and wss addresses, and for TLS at auto addresses: the certificate, PEM')
    .option('--tls-ca <file>', 'who may have signed the certificates of clients, PEM')
    .option('--tls-client-certificates', 'over TLS, only clients with such a certificate get in')
    .option('--plugin <plugin>', 'a stock plugin, a module, or JSON like {"use":"redelivery", ...}; repeatable', many)
    .option('--name <name>', 'name of the broker', 'millrace')
    .option('--config <file>', 'policies, virtual destinations, limits and more: a JSON file')
    .option('--no-web', 'no web samples: pages with a chat and a stock ticker, for browsers of this machine')
    .addOption(new Option('--sync <when>', 'when the journal is put on stable storage (default: always)').choices(SYNC))
    .option('--json', 'one JSON line on stdout when ready; the log as JSON on stderr')
    .addOption(
      new Option('--log-level <level>', 'least level that is logged (default: warn; with --json: info)').choices(
        levels,
      ),
    )
    .allowExcessArguments(false)
    .action(start)
}

async function start(options: StartOptions): Promise<void> {
  if (options.memory && options.data !== undefined) throw new UsageError('--data and --memory exclude each other')
  const json = options.json === true
  const log = json ? await jsonLogger(options.logLevel ?? 'info') : textLogger(options.logLevel ?? 'warn')
  try {
    await run(options, log)
  } catch (error) {
    fail(error, json ? log : null)
  }
}

async function run(options: StartOptions, log: Logger): Promise<void> {
  const began = systemClock.monotonic()
  const data = options.memory ? null : resolve(options.data ?? 'data')
  const stopping = stopSignal()
  const { BrokerService } = await import('../../service.ts')
  const { readConfiguration } = await import('../configuration-file.ts')
  const access = options.access === undefined ? null : await AccessFile.open(resolve(options.access), log)
  const tls = await tlsFiles(options, log)
  const service = new BrokerService({
    ...(options.config === undefined ? {} : readConfiguration(options.config)),
    ...(options.sync === undefined ? {} : { sync: options.sync }),
    name: options.name,
    ...(data === null ? { memory: true } : { data }),
    alone: true,
    ...(options.listen === undefined
      ? { listen: LISTEN, listenIfFree: LISTEN_IF_FREE }
      : { listen: [...options.listen] }),
    ...(tls === null ? {} : { tls: tls.options }),
    insecure: options.insecure === true,
    web: options.web,
    plugins: (options.plugin ?? []).map(pluginChoice),
    ...(access === null ? {} : { access: access.access }),
    log,
    onFailed: (error) => fail(error, options.json ? log : null),
  })
  await service.start()
  access?.watch(systemClock)
  tls?.watch(systemClock, service)
  const addresses = service.addresses
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ready: true, addresses, data, pid: process.pid })}\n`)
  } else {
    process.stdout.write(banner(options, data, addresses, systemClock.monotonic() - began))
  }
  await stopping
  if (!options.json) process.stdout.write('Stopping ...\n')
  await service.stop()
  if (!options.json)
    process.stdout.write(data === null ? 'Stopped.\n' : `Stopped. Everything confirmed is in ${data}.\n`)
  process.exit(Exit.Ok)
}

async function tlsFiles(options: StartOptions, log: Logger): Promise<TlsFiles | null> {
  const { tlsKey: key, tlsCert: cert, tlsCa: ca, tlsClientCertificates: clientCertificates = false } = options
  if ((key === undefined) !== (cert === undefined)) throw new UsageError('--tls-key and --tls-cert go together')
  if (clientCertificates && ca === undefined) throw new UsageError('--tls-client-certificates needs --tls-ca')
  if (key === undefined || cert === undefined) {
    if (ca !== undefined) throw new UsageError('--tls-ca needs --tls-key and --tls-cert')
    return null
  }
  const { TlsFiles } = await import('../tls-files.ts')
  const paths = { key: resolve(key), cert: resolve(cert), ca: ca === undefined ? null : resolve(ca) }
  return TlsFiles.open({ ...paths, clientCertificates }, log)
}

/** The first signal asks for an orderly stop; a second one does not wait for it, which the journal makes safe. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const ask = (): void => {
      if (asked) process.exit(Exit.Failure)
      asked = true
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  })
}

/** Ends the process: half a broker must not linger on what it could still open. */
function fail(error: unknown, json: Logger | null): never {
  const told = report(error)
  if (json === null) process.stderr.write(format(told))
  else json.error({ code: told.code, advice: told.advice, more: told.more }, told.message)
  process.exit(told.exit)
}

function banner(
  { name, web }: StartOptions,
  data: string | null,
  addresses: readonly string[],
  tookMs: number,
): string {
  const place = data === null ? 'in memory: nothing survives a stop' : `journal in ${data}`
  const samples = web ? pagesUrl(addresses) : null
  return `
Broker "${name}" is ready after ${tookMs.toFixed(0)} ms (${place}).
${addresses.map((address) => `  ${address}`).join('\n')}
${samples === null ? '' : `  ${samples}   # open it in a browser: a chat and a stock ticker\n`}
${linesToCopy(addresses).join('\n')}

Ctrl-C stops it.
`
}
