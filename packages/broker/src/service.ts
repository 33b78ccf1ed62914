import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import {
  type Clock,
  type Logger,
  MillraceError,
  registerVm,
  silentLogger,
  systemClock,
  systemTurn,
  type Turn,
  unregisterVm,
} from '@millrace/base'
import { Access, type AccessRules } from './access/access.ts'
import {
  type Behaviour,
  Broker,
  defaultLimits,
  type DestinationOptions,
  destinationOptionsOf,
  type Interceptor,
  type Limits,
  type RetryOptions,
  type RetryResult,
} from './core/broker.ts'
import { systemDisk } from './journal/disk.ts'
import { openJournalStore } from './journal/journal-store.ts'
import type { BackedUp } from './journal/offline/backup.ts'
import { DISK_CHECK_MS, DiskWatch } from './journal/disk-watch.ts'
import { DiskLimits, type StoreLimit } from './journal/store-limit.ts'
import type { SyncPolicy } from './journal/sync-policy.ts'
import { readTextFile, writeTextFile } from './journal/text-file.ts'
import { type ListenAddress, parseListenAddress } from './net/address.ts'
import { Connections } from './net/connections.ts'
import type { Connector } from './net/connector.ts'
import { type ClientCertificates, type ConnectorSettings, readConnectorSettings } from './net/connector-settings.ts'
import type { Door } from './net/entrance.ts'
import { type HttpHandler, webSocketsOnly } from './net/http-handler.ts'
import { Listener } from './net/listener.ts'
import { outputDefaults, type OutputSettings } from './net/output.ts'
import { Solitude } from './net/solitude.ts'
import type { TlsGate, TlsOptions } from './net/tls.ts'
import type { Web } from './net/web.ts'
import { PluginSet } from './plugins/plugin-set.ts'
import type { PluginChoice, PluginContext } from './plugins/plugin.ts'
import { openWireAlone, type Spoken, spokenAt } from './protocols.ts'
import { MemoryStore } from './store/memory.ts'
import type { Store } from './store/store.ts'

export interface BrokerServiceOptions extends DestinationOptions {
  /** Shown to clients and in logs, and the name of its `vm://` address. Default: `millrace`. */
  readonly name?: string
  /** The directory of the journal. Either this or `memory`. */
  readonly data?: string
  /**
   * What the journal may take on disk: bytes, or a part of its partition (`'70%'`). Beyond it persistent sends wait or
   * fail (STORE_FULL). Default: what the disk has.
   */
  readonly storeLimit?: StoreLimit
  /**
   * The same for messages that need not survive and are on the disk only to be out of memory (the policy
   * `producerFlowControl: false`). They do not count to `storeLimit`. Default: what the disk has.
   */
  readonly tempLimit?: StoreLimit
  /**
   * How often it is looked whether the disk still has what the limits say, in ms; 0 = only when the broker starts.
   * Default: 60,000, if there is a limit.
   */
  readonly diskCheckMs?: number
  /**
   * When the journal is put on stable storage: `always` before anything is confirmed, `periodic` or `never`, which lose
   * what was confirmed last when the power goes (docs/journal.md says what). Default: `always`.
   */
  readonly sync?: SyncPolicy
  /** Between two syncs of `periodic`, in ms. Default: 1,000. */
  readonly syncIntervalMs?: number
  /**
   * Nothing but this broker runs in the process: while only one client speaks, the process waits for the disk itself, which
   * answers a lone synchronous producer sooner. Default: false, and nothing ever waits.
   */
  readonly alone?: boolean
  /** Nothing survives a stop. */
  readonly memory?: boolean
  /** `openwire://127.0.0.1:61616`, with options as in ActiveMQ's `?wireFormat.maxFrameSize=...`; port 0 takes a free one. */
  readonly listen?: readonly string[]
  /** Further addresses, which nobody asked for: one that is taken is a warning. */
  readonly listenIfFree?: readonly string[]
  /** Allows addresses that others can reach, although nobody is asked for a password. */
  readonly insecure?: boolean
  /** For addresses with `ssl` in their scheme, and for `auto`, which then takes connections with and without TLS. */
  readonly tls?: TlsOptions
  /** Answers HTTP requests that are no WebSockets, at `ws`, `wss` and `auto` addresses. Default: 404, in words. */
  readonly http?: HttpHandler
  /**
   * Shows the web samples, a chat and a stock ticker, to browsers of this machine at the same addresses: docs/web-samples.md.
   * Other paths belong to `http`. Default: false; `millrace start` says true.
   */
  readonly web?: boolean
  readonly limits?: Partial<Limits>
  /** Subscriptions, advisories, transactions: what a broker can do in one of several ways. */
  readonly behaviour?: Partial<Behaviour>
  readonly output?: Partial<OutputSettings>
  readonly interceptors?: readonly Interceptor[]
  /** What others add to the broker: objects, names of stock plugins, modules. Asked in this order, after `interceptors`. */
  readonly plugins?: readonly PluginChoice[]
  /** Who may connect, and what they may do. Default: anybody, everything. */
  readonly access?: Access | AccessRules
  /** The name under which clients in this process find it: `vm://name`. Default: `name`, if it is free; null: none. */
  readonly vmName?: string | null
  readonly log?: Logger
  readonly clock?: Clock
  readonly turn?: Turn
  /**
   * The broker cannot go on: the journal failed, or an invariant is broken. Nothing is confirmed any more; the process
   * should end. Without this the error is thrown where nobody catches it.
   */
  readonly onFailed?: (error: Error) => void
}

/** Expiry, heart-beats, records nobody waits for. */
const TICK_MS = 100

/** How long a stop waits for clients to close their side. */
const FAREWELL_MS = 2_000

const DETECTION_MS_MAX = 30_000

/** A broker with everything around it, as a program or inside one. */
export class BrokerService {
  readonly #options: BrokerServiceOptions
  readonly #name: string
  readonly #log: Logger
  readonly #clock: Clock
  readonly #solitude: Solitude | null
  readonly #turn: Turn
  readonly #access: Access | null
  /** By whether clients show certificates; from the first start on. */
  readonly #gates = new Map<ClientCertificates, TlsGate>()
  #running: Running | null = null
  #diskWatch: DiskWatch | null = null
  #failed = false

  constructor(options: BrokerServiceOptions) {
    this.#options = options
    this.#name = options.name ?? 'millrace'
    this.#log = options.log ?? silentLogger
    this.#clock = options.clock ?? systemClock
    this.#solitude = options.alone === true ? new Solitude(this.#clock) : null
    this.#turn = options.turn ?? systemTurn()
    const { access = null } = options
    this.#access = access === null || access instanceof Access ? access : new Access(access)
  }

  /** Where it listens, with the ports it was given. */
  get addresses(): readonly string[] {
    return this.#running?.listeners.map((listener) => listener.text) ?? []
  }

  /** Only while it runs. */
  get broker(): Broker {
    if (this.#running === null) throw new MillraceError('BROKER_STOPPING', `broker ${this.#name} is not running`)
    return this.#running.broker
  }

  get connectionCount(): number {
    return this.#running?.connections.count ?? 0
  }

  /** Recovers what is stored, then listens. What was begun is undone when something fails. */
  async start(): Promise<void> {
    if (this.#running !== null) throw new MillraceError('CONFIGURATION_INVALID', `broker ${this.#name} runs already`)
    this.#failed = false
    // What is wrong in the options is told before anything is touched.
    const { listen = [], listenIfFree = [] } = this.#options
    const connectors = listen.map((text) => this.#connector(text, false))
    connectors.push(...listenIfFree.map((text) => this.#connector(text, true)))
    await this.#openGates(connectors)
    const plugins = await PluginSet.load(this.#options.plugins ?? [], this.#log)
    const store = await this.#openStore()
    const broker = this.#makeBroker(store, plugins.interceptors)
    this.#access?.joined(broker)
    await broker.open()
    const connections = this.#makeConnections(broker)
    const running: Running = { broker, connections, plugins, listeners: [], vmName: null, cancelTick: () => {} }
    this.#running = running
    try {
      const data = this.#options.data ?? null
      await plugins.start(broker, data, () => this.addresses, pluginFiles(data))
      for (const connector of connectors) await this.#listen(connector, running)
      this.#registerVm(running)
    } catch (error) {
      await this.stop()
      throw error
    }
    running.cancelTick = this.#clock.every(TICK_MS, () => {
      broker.tick()
      connections.tick(this.#clock.monotonic())
    })
    this.#log.info({ name: this.#name, addresses: this.addresses, data: this.#options.data ?? null }, 'broker started')
  }

  /** Says goodbye to clients and makes everything safe. Calling it again does nothing. */
  async stop(): Promise<void> {
    const running = this.#running
    if (running === null) return
    this.#running = null
    const { broker, connections, plugins, listeners, vmName } = running
    running.cancelTick()
    this.#diskWatch?.close()
    if (vmName !== null) unregisterVm(vmName)
    for (const listener of listeners) listener.close()
    const cancel = this.#clock.after(FAREWELL_MS, () => connections.destroyAll())
    await connections.closeAll(new MillraceError('BROKER_STOPPING', `broker ${this.#name} is stopping`))
    cancel()
    await plugins.stop()
    await broker.close()
    this.#log.info({ name: this.#name }, 'broker stopped')
  }

  /**
   * New handshakes use these; connections that exist go on as they are. Throws CONFIGURATION_INVALID for what cannot be
   * used, and then nothing has changed.
   */
  reloadTls(options: TlsOptions): void {
    if (this.#gates.size === 0) throw new MillraceError('CONFIGURATION_INVALID', `broker ${this.#name} has no tls`)
    if ((options.clientCertificates ?? false) !== (this.#options.tls?.clientCertificates ?? false)) {
      throw new MillraceError('CONFIGURATION_INVALID', 'clientCertificates cannot change while the broker runs')
    }
    // What one can use all can.
    for (const gate of this.#gates.values()) gate.reload(options)
    this.#log.info({ name: this.#name }, 'certificates changed')
  }

  /**
   * Copies what is stored to a directory that is empty, or not there, while clients go on. The copy is a store as after an
   * orderly stop: to restore it, start a broker on it. Everything that was confirmed before the call is in it. Rejects with
   * CONFIGURATION_INVALID (the directory is not empty; there is no journal), STORE_DAMAGED, STORE_FAILED.
   */
  async backup(directory: string): Promise<BackedUp> {
    const { data } = this.#options
    if (data === undefined)
      throw new MillraceError('CONFIGURATION_INVALID', 'a broker in memory has nothing to back up')
    const { store } = this.broker
    await new Promise<void>((resolve, reject) => {
      store.commit([], { stored: (error) => (error === null ? resolve() : reject(error)) })
    })
    const { backupStore } = await import('./journal/offline/backup.ts')
    return await backupStore({ directory: data, to: directory })
  }

  /**
   * Sends dead letters back to where they came from, in one transaction: one message, those that match, or all. Rejects
   * with DESTINATION_UNKNOWN, SELECTOR_INVALID, DESTINATION_INVALID; and then nothing has moved.
   */
  retryDeadLetters(options: RetryOptions = {}): Promise<RetryResult> {
    return new Promise((resolve, reject) => {
      const retried = (error: MillraceError | null, result: RetryResult | null): void => {
        if (result !== null) resolve(result)
        else reject(error ?? new MillraceError('BROKER_STOPPING', 'the retry came to nothing'))
      }
      this.broker.retries.retry(options, { retried })
    })
  }

  // ---- In the order in which `start` needs them

  #connector(text: string, ifFree: boolean): Prepared {
    const address = parseListenAddress(text)
    if (!address.loopback && this.#options.insecure !== true && this.#access === null) {
      throw new MillraceError(
        'ADDRESS_INVALID',
        `"${text}" can be reached from other machines, and nobody is asked for a password; listen on 127.0.0.1, say access, or say insecure`,
      )
    }
    if (address.tls && this.#options.tls === undefined) {
      throw new MillraceError('CONFIGURATION_INVALID', `"${text}" needs a key and a certificate: say tls`)
    }
    const settings = readConnectorSettings(address.options)
    return { address, settings, spoken: spokenAt(address, settings, this.#log), ifFree }
  }

  async #openGates(connectors: readonly Prepared[]): Promise<void> {
    const { tls } = this.#options
    if (tls === undefined) return
    const { TlsGate } = await import('./net/tls.ts')
    for (const { settings } of connectors) {
      const certificates = this.#certificatesAt(settings)
      if (certificates !== 'none' && tls.ca === undefined) {
        throw new MillraceError('CONFIGURATION_INVALID', 'tls: client certificates need ca, which says who signs them')
      }
      if (!this.#gates.has(certificates)) this.#gates.set(certificates, new TlsGate(tls, certificates))
    }
  }

  #certificatesAt({ clientCertificates }: ConnectorSettings): ClientCertificates {
    return clientCertificates ?? (this.#options.tls?.clientCertificates === true ? 'needed' : 'none')
  }

  async #openStore(): Promise<Store> {
    const { data, memory, storeLimit = null, tempLimit = null, sync, syncIntervalMs } = this.#options
    const { diskCheckMs = DISK_CHECK_MS } = this.#options
    if ((data === undefined) === (memory !== true)) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        'say where the journal lives (data: a directory) or memory: true',
      )
    }
    if (data === undefined) return new MemoryStore(this.#turn)
    const store = openJournalStore({
      directory: data,
      turn: this.#turn,
      clock: this.#clock,
      log: this.#log,
      failed: (error) => this.#fail(error),
      ...(sync === undefined ? {} : { sync }),
      ...(syncIntervalMs === undefined ? {} : { syncIntervalMs }),
      blocking: this.#solitude,
    })
    if (storeLimit === null && tempLimit === null) return store
    await systemDisk.makeDirectory(data)
    const limits = new DiskLimits({ directory: data, store: storeLimit, temp: tempLimit, log: this.#log })
    this.#diskWatch = new DiskWatch(limits, store, this.#clock, this.#log)
    await this.#diskWatch.open(diskCheckMs)
    return store
  }

  #makeBroker(store: Store, plugins: readonly Interceptor[]): Broker {
    const { behaviour, interceptors = [], limits } = this.#options
    const access = this.#access
    return new Broker({
      name: this.#name,
      id: brokerId(this.#clock.now()),
      store,
      turn: this.#turn,
      clock: this.#clock,
      log: this.#log,
      limits: { ...defaultLimits, ...limits },
      ...destinationOptionsOf(this.#options),
      // Who may not is told so before anybody else is asked.
      interceptors: [...(access === null ? [] : [access]), ...interceptors, ...plugins],
      ...(behaviour === undefined ? {} : { behaviour }),
    })
  }

  #makeConnections(broker: Broker): Connections {
    let web: Promise<Web> | null = null
    const host = {
      broker,
      turn: this.#turn,
      clock: this.#clock,
      log: this.#log,
      output: { ...outputDefaults, ...this.#options.output },
      detectionMsMax: DETECTION_MS_MAX,
      solitude: this.#solitude,
      mistake: (error: unknown) => this.#fail(error),
    }
    const loadWeb = (): Promise<Web> => (web ??= this.#loadWeb())
    return new Connections(host, broker.limits.connectionsMax, loadWeb)
  }

  async #loadWeb(): Promise<Web> {
    const { http = webSocketsOnly, web = false } = this.#options
    const { Web } = await import('./net/web.ts')
    if (!web) return new Web(http, this.#log)
    const { WebSamples } = await import('./web/web-samples.ts')
    return new Web(new WebSamples(http), this.#log)
  }

  async #listen(prepared: Prepared, running: Running): Promise<void> {
    const { address, settings, spoken, ifFree } = prepared
    const { protocols } = spoken
    const { connectionsMax } = settings
    const door = this.#doorOf(prepared)
    const connector: { -readonly [K in keyof Connector]: Connector[K] } = { text: '', protocols, connectionsMax, door }
    const accept = (socket: Socket): void => running.connections.accept(socket, connector)
    const listener = new Listener(address, settings.mode, this.#log, accept)
    try {
      await listener.open()
    } catch (error) {
      if (!ifFree || !(error instanceof MillraceError) || error.code !== 'ADDRESS_IN_USE') throw error
      this.#log.warn({ code: error.code, reason: error.message }, 'this address is not listened on')
      return
    }
    connector.text = listener.text
    running.listeners.push(listener)
    if (address.loopback || this.#access !== null) return
    this.#log.warn({ address: listener.text }, 'anybody who can reach this address can use the broker')
  }

  /** Null: what comes is the protocol, from the first byte on. */
  #doorOf({ address, settings, spoken }: Prepared): Door | null {
    const { allowedOrigins, webSocketBytesMax, detectionMsMax } = settings
    const { protocol, tls, webSocket, loopback } = address
    if (protocol !== null && !tls) return null
    return {
      tls: webSocket && !tls ? null : (this.#gates.get(this.#certificatesAt(settings)) ?? null),
      tlsFirst: tls,
      httpOnly: webSocket,
      rules:
        protocol === null
          ? { subProtocols: spoken.subProtocols, allowedOrigins, messageBytesMax: webSocketBytesMax, loopback }
          : null,
      detectionMsMax: detectionMsMax ?? DETECTION_MS_MAX,
    }
  }

  #registerVm(running: Running): void {
    const { vmName = this.#name } = this.#options
    if (vmName === null) return
    const text = `vm://${vmName}`
    const protocols = [openWireAlone(this.#log)]
    const connector = { text, protocols, connectionsMax: Number.POSITIVE_INFINITY }
    const registered = registerVm(vmName, (client) => {
      if (this.#running !== running) throw new MillraceError('BROKER_STOPPING', `broker ${this.#name} is stopping`)
      return running.connections.acceptVm(client, connector)
    })
    if (registered) running.vmName = vmName
    else if (this.#options.vmName === undefined)
      this.#log.info({ address: text }, 'another broker of this process has it')
    else throw new MillraceError('ADDRESS_IN_USE', `another broker of this process is ${text} already`)
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    const failure = error instanceof Error ? error : new Error(String(error))
    this.#log.error({ name: this.#name, reason: failure.message }, 'broker failed')
    if (this.#options.onFailed === undefined) throw failure
    this.#options.onFailed(failure)
  }
}

/** An address that was found to make sense. */
interface Prepared {
  readonly address: ListenAddress
  readonly settings: ConnectorSettings
  readonly spoken: Spoken
  /** One that is taken is left out. */
  readonly ifFree: boolean
}

interface Running {
  readonly broker: Broker
  readonly connections: Connections
  readonly plugins: PluginSet
  readonly listeners: Listener[]
  vmName: string | null
  cancelTick: () => void
}

/** What plugins may read and write. */
function pluginFiles(data: string | null): Pick<PluginContext, 'readFile' | 'writeFile'> {
  const pathOf = (path: string): string => {
    if (data !== null || isAbsolute(path)) return resolve(data ?? '', path)
    throw new MillraceError('CONFIGURATION_INVALID', `a broker in memory has no directory for "${path}"`)
  }
  return {
    readFile: async (path) => readTextFile(systemDisk, pathOf(path)),
    writeFile: async (path, text) => writeTextFile(systemDisk, pathOf(path), text),
  }
}

/** Unique, and of the form that clients take apart. */
function brokerId(nowMs: number): string {
  const host = hostname().replace(/[^A-Za-z0-9.-]/g, '') || 'localhost'
  return `ID:${host}-${process.pid}-${nowMs}-0:1`
}
