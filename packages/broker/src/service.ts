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
import { storeBytesMax, type StoreLimit } from './journal/store-limit.ts'
import { readTextFile, writeTextFile } from './journal/text-file.ts'
import { type ListenAddress, parseListenAddress } from './net/address.ts'
import { Connections, type Connector } from './net/connections.ts'
import { Listener } from './net/listener.ts'
import { outputDefaults, type OutputSettings } from './net/output.ts'
import type { TlsOptions } from './net/tls.ts'
import { PluginSet } from './plugins/plugin-set.ts'
import type { PluginChoice, PluginContext } from './plugins/plugin.ts'
import { OpenWireProtocol } from './protocol/openwire/protocol.ts'
import { isOpenWireOption, readOpenWireSettings } from './protocol/openwire/settings.ts'
import { MemoryStore } from './store/memory.ts'
import type { Store } from './store/store.ts'

export interface BrokerServiceOptions extends DestinationOptions {
  /** Shown to clients and in logs, and the name of its `vm://` address. Default: `millrace`. */
  readonly name?: string
  /** The directory of the journal. Either this or `memory`. */
  readonly data?: string
  /**
   * What the journal may take on disk: bytes, or a part of its partition (`'70%'`), looked at when the broker starts.
   * Beyond it persistent sends wait or fail (STORE_FULL). Default: what the disk has.
   */
  readonly storeLimit?: StoreLimit
  /** Nothing survives a stop. */
  readonly memory?: boolean
  /** `openwire://127.0.0.1:61616`, with options as in ActiveMQ's `?wireFormat.maxFrameSize=...`; port 0 takes a free one. */
  readonly listen?: readonly string[]
  /** Allows addresses that others can reach, although nobody is asked for a password. */
  readonly insecure?: boolean
  /** For addresses that begin with `openwire+ssl:` or `ssl:`. */
  readonly tls?: TlsOptions
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
  readonly #turn: Turn
  readonly #access: Access | null
  #running: Running | null = null
  #failed = false

  constructor(options: BrokerServiceOptions) {
    this.#options = options
    this.#name = options.name ?? 'millrace'
    this.#log = options.log ?? silentLogger
    this.#clock = options.clock ?? systemClock
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
    const connectors = (this.#options.listen ?? []).map((text) => this.#connector(text))
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

  #connector(text: string): { readonly address: ListenAddress; readonly text: string } {
    const address = parseListenAddress(text)
    if (!address.loopback && this.#options.insecure !== true && this.#access === null) {
      throw new MillraceError(
        'ADDRESS_INVALID',
        `"${text}" can be reached from other machines, and nobody is asked for a password; listen on 127.0.0.1, say access, or say insecure`,
      )
    }
    if (address.scheme === 'openwire+ssl' && this.#options.tls === undefined) {
      throw new MillraceError('CONFIGURATION_INVALID', `"${text}" needs a key and a certificate: say tls`)
    }
    for (const name of address.options.keys()) {
      if (!isOpenWireOption(name) && name !== 'maximumConnections') {
        throw new MillraceError('CONFIGURATION_INVALID', `"${text}": there is no option ${name}`)
      }
    }
    readOpenWireSettings(address.options)
    connectionsMaxOf(address)
    return { address, text }
  }

  async #openStore(): Promise<Store> {
    const { data, memory, storeLimit } = this.#options
    if ((data === undefined) === (memory !== true)) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        'say where the journal lives (data: a directory) or memory: true',
      )
    }
    if (data === undefined) return new MemoryStore(this.#turn)
    return openJournalStore({
      directory: data,
      turn: this.#turn,
      clock: this.#clock,
      log: this.#log,
      failed: (error) => this.#fail(error),
      ...(storeLimit === undefined ? {} : { bytesMax: await storeBytesMax(storeLimit, data, this.#log) }),
    })
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
    const host = {
      broker,
      turn: this.#turn,
      clock: this.#clock,
      log: this.#log,
      output: { ...outputDefaults, ...this.#options.output },
      detectionMsMax: DETECTION_MS_MAX,
      mistake: (error: unknown) => this.#fail(error),
    }
    return new Connections(host, broker.limits.connectionsMax)
  }

  async #listen({ address }: { readonly address: ListenAddress }, running: Running): Promise<void> {
    const protocols = [new OpenWireProtocol(readOpenWireSettings(address.options), this.#log)]
    const connectionsMax = connectionsMaxOf(address)
    const connector: { -readonly [K in keyof Connector]: Connector[K] } = { text: '', protocols, connectionsMax }
    const tls = address.scheme === 'openwire+ssl' ? (this.#options.tls ?? null) : null
    const listener = new Listener(address, tls, this.#log, (socket) => running.connections.accept(socket, connector))
    await listener.open()
    connector.text = listener.text
    running.listeners.push(listener)
    if (address.loopback || this.#access !== null) return
    this.#log.warn({ address: listener.text }, 'anybody who can reach this address can use the broker')
  }

  #registerVm(running: Running): void {
    const { vmName = this.#name } = this.#options
    if (vmName === null) return
    const text = `vm://${vmName}`
    const protocols = [new OpenWireProtocol(readOpenWireSettings(new Map()), this.#log)]
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

function connectionsMaxOf(address: ListenAddress): number {
  const text = address.options.get('maximumConnections')
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new MillraceError('CONFIGURATION_INVALID', `maximumConnections is "${text}", expected a whole number from 1`)
}
