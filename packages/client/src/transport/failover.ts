import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { assert, type Cancel, type Clock, type Logger, type Task, type Turn } from '@millrace/base'
import {
  type Command,
  ConnectionControl,
  type ConnectionInfo,
  ConsumerControl,
  ConsumerInfo,
  type DataStructure,
  DataType,
  type OpenWireMessage,
  RemoveInfo,
  Response,
  TransactionInfo,
  TransactionType,
} from '@millrace/openwire'
import {
  AlreadyClosedError,
  ConfigurationError,
  ConnectionFailedError,
  JMSError,
  JMSSecurityError,
  localError,
  remoteError,
  RequestTimedOutError,
  ResourceAllocationError,
  TransactionRolledBackError,
  TransportDisposedError,
} from '../errors.ts'
import type { FailoverSettings } from '../failover-options.ts'
import { isFailure, type Reply } from '../reply.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import { BackOff } from './back-off.ts'
import { type BrokerList, same } from './broker-list.ts'
import { FailoverState, reconnecting, type Registration } from './failover-state.ts'
import { sizeOf } from './one-way-sends.ts'
import { type SpareLink, SpareLinks } from './spare-links.ts'
import type { AgreedLink, ConnectionListener, Transport, TransportListener } from './transport.ts'

export interface FailoverContext {
  /** For people. */
  readonly name: string
  readonly list: BrokerList
  readonly settings: FailoverSettings
  /** Opens one link. */
  readonly open: (url: BrokerUrl, listener: TransportListener, signal: AbortSignal) => Promise<Transport>
  readonly clock: Clock
  readonly turn: Turn
  readonly log: Logger
}

/** Opens the first link: tries the list again and again until a broker answers, as the options say. */
export async function openFailover(
  context: FailoverContext,
  listener: ConnectionListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const transport = new FailoverTransport(context, listener)
  const abort = (): void => transport.close(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await transport.open()
    return transport
  } catch (error) {
    transport.close()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** One that can be sent to before its first link is there: what is sent waits. */
export function startFailover(
  context: FailoverContext,
  listener: ConnectionListener,
): { readonly transport: Transport; readonly opened: Promise<void> } {
  const transport = new FailoverTransport(context, listener)
  return { transport, opened: transport.open() }
}

/** Something sent while there was no link. */
interface Waiting {
  readonly command: Command
  readonly bytes: number
  /** Monotonic ms; only messages have a limit. */
  readonly deadline: number
}

/**
 * A transport over one link after another. While a link is up, commands pass straight through and `FailoverState` notes
 * what a new broker would have to know. When it breaks, the brokers of the list are tried until one answers; that one is
 * told everything, and then what was sent meanwhile. The connection keeps its id and all others; it only hears that it
 * was interrupted and resumed.
 *
 * A consumer is registered again with prefetch 0, and gets its own when all is told: nothing is dispatched to it before
 * the broker knows its transactions.
 */
class FailoverTransport implements Transport, Task {
  readonly faultTolerant = true
  readonly keepsCommands = true
  queued = false
  readonly #context: FailoverContext
  readonly #settings: FailoverSettings
  readonly #listener: ConnectionListener
  readonly #state: FailoverState
  readonly #backOff: BackOff
  readonly #spares: SpareLinks<Watch>
  readonly #ending = new AbortController()
  /** The link that everything goes over; null between two. */
  #current: Watch | null = null
  /** Where we were last. */
  #url: BrokerUrl | null = null
  #agreed: AgreedLink | null = null
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #cancelTimeout: Cancel | null = null
  /** Answers made here; given in a later turn than the question. */
  #answers: (() => void)[] = []
  #givenUp = false
  #closed = false
  #keepsAlive = true
  /** Timers do not keep a process alive, a link does; between two links this does. */
  #alive: MessagePort | null = null

  constructor(context: FailoverContext, listener: ConnectionListener) {
    this.#context = context
    this.#settings = context.settings
    this.#listener = listener
    this.#state = new FailoverState(context.settings)
    this.#backOff = new BackOff(context.settings)
    this.#spares = new SpareLinks({
      list: context.list,
      settings: context.settings,
      clock: context.clock,
      log: context.log,
      open: (url) => this.#connect(url, true),
      preferred: (url) => this.#move(url),
    })
  }

  get address(): string {
    return this.#url === null ? this.#context.name : formatBrokerUrl(this.#url)
  }

  get agreed(): AgreedLink {
    assert(this.#agreed !== null, 'asked for what was agreed before it was')
    return this.#agreed
  }

  get blocked(): boolean {
    return this.#current === null || this.#current.transport?.blocked === true
  }

  get interrupted(): boolean {
    return this.#current === null
  }

  get waitingCommands(): number {
    return this.#waiting.length
  }

  async open(): Promise<void> {
    const { startupMaxReconnectAttempts, maxReconnectAttempts } = this.#settings
    this.#backOff.skipFirst()
    this.#holdAlive()
    await this.#search(startupMaxReconnectAttempts === -1 ? maxReconnectAttempts : startupMaxReconnectAttempts, null)
  }

  send(command: Command): boolean {
    if (this.#closed) throw new TransportDisposedError(`${this.address} is closed`)
    if (command.dataType === DataType.TransactionInfo && this.#state.isBroken(command)) return this.#rollBack(command)
    const link = this.#current?.transport ?? null
    if (link === null) return this.#wait(command)
    const accepted = link.send(command)
    this.#state.sent(command)
    return accepted
  }

  giveUp(): Command[] {
    this.#givenUp = true
    this.#ending.abort(new TransportDisposedError(`${this.#context.name} is closing`))
    this.#cancelTimeout?.()
    const waiting = this.#waiting.map((one) => one.command)
    this.#clearWaiting()
    return waiting
  }

  close(reason: unknown = new TransportDisposedError(`${this.#context.name} is closed`)): void {
    if (this.#closed) return
    this.#closed = true
    this.#ending.abort(reason)
    this.#spares.close()
    this.#cancelTimeout?.()
    this.#releaseAlive()
    const current = this.#current
    this.#current = null
    current?.transport?.close()
  }

  ref(): void {
    this.#keepsAlive = true
    this.#current?.transport?.ref()
    if (this.#current === null && !this.#closed) this.#holdAlive()
  }

  unref(): void {
    this.#keepsAlive = false
    this.#current?.transport?.unref()
    this.#releaseAlive()
  }

  /** Gives the answers that were made here. */
  run(): void {
    const answers = this.#answers
    this.#answers = []
    for (const give of answers) give()
  }

  // From the links.

  command(watch: Watch, command: DataStructure): void {
    switch (command.dataType) {
      case DataType.Response:
      case DataType.ExceptionResponse:
      case DataType.IntegerResponse:
      case DataType.DataResponse:
      case DataType.DataArrayResponse:
        if (watch.introduction?.commandId === command.correlationId) {
          watch.introduction.resolve(command)
          return
        }
        this.#replied(command)
        break
      case DataType.ConnectionControl:
        this.#listener.command(command)
        this.#control(watch, command)
        break
      default:
        this.#listener.command(command)
        break
    }
  }

  drained(watch: Watch): void {
    if (watch === this.#current) this.#listener.drained()
  }

  lost(watch: Watch, error: JMSError): void {
    watch.error = error
    watch.introduction?.reject(error)
    this.#spares.lost(watch)
    if (watch === this.#current) this.#interrupt(error, null)
  }

  #replied(reply: Reply): void {
    const refused = this.#state.replied(reply)
    this.#listener.command(reply)
    // It was there before the link broke, so nobody waits for this answer any more.
    if (refused === null || !isFailure(reply)) return
    this.#listener.refused(refused, remoteError(reply.exception, 'refused after a fail-over'))
    if (refused.dataType !== DataType.ConsumerInfo) return
    const control = new ConsumerControl()
    control.consumerId = refused.consumerId
    control.close = true
    this.#listener.command(control)
  }

  #control(watch: Watch, control: ConnectionControl): void {
    const { list, log } = this.#context
    const { updateURIsSupported, reconnectSupported } = this.#settings
    const connectedBrokers = control.connectedBrokers ?? ''
    if (updateURIsSupported && connectedBrokers !== '') this.#takeIn(connectedBrokers)
    const reconnectTo = (control.reconnectTo ?? '').trim()
    if (reconnectTo !== '' && reconnectSupported) {
      const url = list.add(reconnectTo)
      if (url === null) log.warn({ address: this.address, reconnectTo }, 'not going there: an address of another kind')
      else this.#moveFrom(watch, url)
    } else if (control.rebalanceConnection && updateURIsSupported) {
      const first = list.order(null, null)[0]
      if (first !== undefined) this.#moveFrom(watch, first)
    }
  }

  #moveFrom(watch: Watch, url: BrokerUrl): void {
    if (same(watch.url, url)) return
    if (watch === this.#current) this.#move(url)
    else watch.moveTo = url
  }

  /** To another broker, though this one answers. */
  #move(url: BrokerUrl): void {
    this.#current?.transport?.close()
    this.#interrupt(new JMSError(`sent on to ${formatBrokerUrl(url)}`, { code: 'REDIRECTED' }), url)
  }

  // Between two links.

  #interrupt(error: JMSError, goTo: BrokerUrl | null): void {
    this.#current = null
    if (this.#closed) return
    this.#spares.with(null)
    if (this.#settings.maxReconnectAttempts === 0 && goTo === null) {
      this.#fail(error)
      return
    }
    this.#holdAlive()
    this.#listener.interrupted(error, this.#state.oneWays.takeUnsure())
    for (const commit of this.#state.takeCommitsInDoubt()) {
      const text = `the link broke during the commit: it may have happened or not (${error.message})`
      this.#listener.refused(commit, new TransactionRolledBackError(text, { cause: error, outcome: 'unknown' }))
    }
    for (const command of this.#state.takeEnded()) this.#answer(command)
    if (this.#givenUp || this.#closed) return
    this.#search(this.#settings.maxReconnectAttempts, goTo).catch((failure: unknown) => {
      if (!this.#givenUp) this.#fail(localError(failure))
    })
  }

  #fail(error: JMSError): void {
    if (this.#closed) return
    this.close()
    this.#listener.failed(error)
  }

  /** Passes over the list until a broker takes us. */
  async #search(passesMax: number, goTo: BrokerUrl | null): Promise<void> {
    const { list, log, name } = this.#context
    const first = this.#url === null
    const spare = this.#spares.take(list.order(this.#url, goTo))
    if (spare !== null && (await this.#use(spare))) return
    for (let pass = 1; ; pass++) {
      if (pass > 1 || !first) {
        const delayMs = this.#backOff.next()
        this.#listener.reconnecting(pass, delayMs)
        await this.#pause(delayMs)
      }
      await this.#askForBrokers()
      let failure: unknown
      for (const url of list.order(this.#url, goTo)) {
        try {
          await this.#begin(await this.#connect(url, false))
          return
        } catch (error) {
          if (this.#ending.signal.aborted) throw this.#ending.signal.reason
          if (error instanceof ConfigurationError || error instanceof JMSSecurityError) throw error
          failure = error
          if (this.#warns(pass)) {
            log.warn({ address: formatBrokerUrl(url), attempt: pass, error }, 'broker not reached')
          }
        }
      }
      if (passesMax >= 0 && pass >= passesMax) {
        const times = pass === 1 ? 'once' : `${pass} times`
        throw new ConnectionFailedError(`no broker of ${name} was reached, tried ${times}`, { cause: failure })
      }
    }
  }

  async #readNamed(place: string): Promise<string> {
    const { readNamedBrokers } = await import('./named-brokers.ts')
    return await readNamedBrokers(place, this.#ending.signal)
  }

  async #askForBrokers(): Promise<void> {
    const { brokers, updateURIsURL } = this.#settings
    if (brokers === undefined && updateURIsURL === '') return
    try {
      this.#takeIn(await (brokers === undefined ? this.#readNamed(updateURIsURL) : brokers()))
    } catch (error) {
      this.#context.log.warn({ error }, 'the list of brokers could not be read')
    }
    if (this.#ending.signal.aborted) throw this.#ending.signal.reason
  }

  #takeIn(brokers: string): void {
    const { list, log } = this.#context
    const { changed, refused } = list.update(brokers)
    if (changed) log.info({ address: this.address, brokers }, 'the list of brokers has changed')
    if (refused.length > 0) log.warn({ address: this.address, refused }, 'addresses of another kind are not taken over')
  }

  #warns(pass: number): boolean {
    const every = this.#settings.warnAfterReconnectAttempts
    return every > 0 && (pass === 1 || pass % every === 0)
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#ending
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        cancel()
        reject(signal.reason)
      }
      const cancel = this.#context.clock.after(delayMs, () => {
        signal.removeEventListener('abort', aborted)
        resolve()
      })
      signal.addEventListener('abort', aborted, { once: true })
      if (signal.aborted) aborted()
    })
  }

  async #connect(url: BrokerUrl, spare: boolean): Promise<Watch> {
    const { signal } = this.#ending
    const watch = new Watch(this, url, spare)
    watch.transport = await this.#context.open(url, watch, signal)
    if (spare) watch.transport.unref()
    return watch
  }

  /** A link that was in reserve; false: it is of no use after all. */
  async #use(spare: Watch): Promise<boolean> {
    try {
      spare.take()
      await this.#begin(spare)
      return true
    } catch (error) {
      if (this.#ending.signal.aborted) throw this.#ending.signal.reason
      if (error instanceof JMSSecurityError) throw error
      return false
    }
  }

  async #begin(watch: Watch): Promise<void> {
    const { signal } = this.#ending
    const link = watch.transport
    assert(link !== null, 'a link is begun before it is open')
    try {
      if (this.#url !== null) await this.#introduce(watch, link)
      if (signal.aborted) throw signal.reason
      if (watch.error !== null) throw watch.error
    } catch (error) {
      link.close()
      throw error
    }
    this.#take(watch, link)
    this.#backOff.reset()
  }

  /** Tells a new broker who we are, and waits until it agrees. */
  async #introduce(watch: Watch, link: Transport): Promise<void> {
    if (watch.error !== null) throw watch.error
    const control = new ConnectionControl()
    control.faultTolerant = true
    link.send(control)
    const info = this.#state.connection
    if (info === null) return
    watch.introduced = info
    const { accepted } = this.#state
    const reply = await this.#askWho(watch, link, info)
    if (isFailure(reply) && accepted) throw remoteError(reply.exception, 'the connection was refused')
    // Whoever opened the connection still waits for it, and gets the refusal, too.
    this.#replied(reply)
  }

  #askWho(watch: Watch, link: Transport, info: ConnectionInfo): Promise<Reply> {
    const { signal } = this.#ending
    return new Promise<Reply>((resolve, reject) => {
      const aborted = (): void => reject(signal.reason)
      signal.addEventListener('abort', aborted, { once: true })
      const end = (): void => {
        signal.removeEventListener('abort', aborted)
        watch.introduction = null
      }
      watch.introduction = {
        commandId: info.commandId,
        resolve: (reply) => {
          end()
          resolve(reply)
        },
        reject: (error) => {
          end()
          reject(error)
        },
      }
      link.send(reconnecting(info))
    })
  }

  #take(watch: Watch, link: Transport): void {
    const first = this.#url === null
    this.#url = watch.url
    this.#agreed = link.agreed
    const info = this.#state.connection
    // It came after we had asked whether there is one.
    if (info !== null && watch.introduced !== info) link.send(info)
    const stopped: ConsumerInfo[] = []
    for (const command of this.#state.replay()) {
      try {
        if (command.dataType === DataType.ConsumerInfo && startsLater(command, link)) {
          stopped.push(command)
          link.send(Object.assign(new ConsumerInfo(), command, { prefetchSize: 0 }))
        } else link.send(command)
      } catch (error) {
        this.#listener.refused(command, localError(error))
      }
    }
    for (const info of stopped) link.send(startOf(info))
    // Whoever is told of something here may send more: it goes behind what waits already.
    for (let i = 0; i < this.#waiting.length; i++) this.#sendWaiting(link, (this.#waiting[i] as Waiting).command)
    this.#clearWaiting()
    this.#current = watch
    this.#spares.with(watch.url)
    this.#releaseAlive()
    if (this.#keepsAlive) link.ref()
    else link.unref()
    if (!first) {
      this.#context.log.info({ address: this.address }, 'connection resumed')
      this.#listener.resumed()
      if (!link.blocked) this.#listener.drained()
    }
    if (watch.moveTo !== null && watch === this.#current) this.#move(watch.moveTo)
  }

  #sendWaiting(link: Transport, command: Command): void {
    if (command.dataType === DataType.TransactionInfo && this.#state.isBroken(command)) {
      this.#refuseBroken(command)
      command = rollbackOf(command)
    }
    try {
      link.send(command)
      this.#state.sent(command)
    } catch (error) {
      this.#refuseWaiting(command, localError(error))
    }
  }

  #wait(command: Command): boolean {
    switch (command.dataType) {
      case DataType.ShutdownInfo:
      // Consumers ask again when they hear of the new link.
      case DataType.MessagePull:
        return false
      case DataType.MessageAck:
        this.#answer(command)
        return false
      case DataType.RemoveInfo:
        return this.#removeWhileDown(command)
      default:
        break
    }
    if (this.#givenUp) {
      if (command.dataType !== DataType.TransactionInfo || command.type !== TransactionType.Rollback) {
        throw new TransportDisposedError(`${this.#context.name} is closing`)
      }
      this.#answer(command)
      return false
    }
    if (!this.#state.register(command)) this.#enqueue(command)
    return false
  }

  #removeWhileDown(command: RemoveInfo): boolean {
    this.#answer(command)
    const aboutConsumer = command.objectId?.dataType === DataType.ConsumerId
    if (this.#waiting.length === 0 || aboutConsumer) {
      for (const info of this.#state.remove(command)) this.#refuseLater(info)
      return false
    }
    // Behind the messages of the producers that go.
    const behind = Object.assign(new RemoveInfo(), command)
    behind.responseRequired = false
    this.#enqueue(behind)
    return false
  }

  #enqueue(command: Command): void {
    const { maxWaitingCommands, maxWaitingBytes, timeout } = this.#settings
    const message = isMessage(command)
    const bytes = message ? sizeOf(command) : 0
    if (message && this.#waiting.length > 0) {
      if (this.#waiting.length >= maxWaitingCommands || this.#waitingBytes + bytes > maxWaitingBytes) {
        throw new ResourceAllocationError(
          `no broker is connected, and ${this.#waiting.length} commands (${this.#waitingBytes} bytes) wait already`,
        )
      }
    }
    const limited = message && timeout > 0
    const deadline = limited ? this.#context.clock.monotonic() + timeout : Number.POSITIVE_INFINITY
    this.#waiting.push({ command, bytes, deadline })
    this.#waitingBytes += bytes
    if (limited && this.#cancelTimeout === null) this.#watchTimeout(timeout)
  }

  #watchTimeout(delayMs: number): void {
    this.#cancelTimeout = this.#context.clock.after(delayMs, () => {
      this.#cancelTimeout = null
      const now = this.#context.clock.monotonic()
      const expired = this.#waiting.filter((one) => one.deadline <= now)
      this.#waiting = this.#waiting.filter((one) => one.deadline > now)
      for (const one of expired) this.#waitingBytes -= one.bytes
      const next = this.#waiting.find((one) => one.deadline < Number.POSITIVE_INFINITY)
      if (next !== undefined) this.#watchTimeout(next.deadline - now)
      const { timeout } = this.#settings
      for (const { command } of expired) {
        // It never left: there is no doubt about it.
        const options = { outcome: undefined, code: 'FAILOVER_TIMEOUT' }
        const error = new RequestTimedOutError(`no broker was connected for ${timeout} ms (failover timeout)`, options)
        this.#refuseWaiting(command, error)
      }
    })
  }

  #clearWaiting(): void {
    this.#waiting = []
    this.#waitingBytes = 0
    this.#cancelTimeout?.()
    this.#cancelTimeout = null
  }

  /** It will not be sent; a transaction that lacks it must not be committed. */
  #refuseWaiting(command: Command, error: JMSError): void {
    if (isMessage(command) && command.transactionId !== null) this.#state.breakTransaction(command.transactionId)
    this.#listener.refused(command, error)
  }

  /** In place of a commit that would lack a message. */
  #rollBack(commit: TransactionInfo): boolean {
    this.#later(() => this.#refuseBroken(commit))
    return this.send(rollbackOf(commit))
  }

  #refuseBroken(commit: TransactionInfo): void {
    const text = 'a message of the transaction could not be sent: it was rolled back'
    this.#listener.refused(commit, new TransactionRolledBackError(text))
  }

  #refuseLater(info: Registration): void {
    this.#later(() =>
      this.#listener.refused(info, new AlreadyClosedError('it was closed before a broker was connected')),
    )
  }

  #answer(command: Command): void {
    if (!('responseRequired' in command) || !command.responseRequired) return
    const response = new Response()
    response.correlationId = command.commandId
    this.#later(() => this.#listener.command(response))
  }

  #later(give: () => void): void {
    this.#answers.push(give)
    this.#context.turn.work(this)
  }

  #holdAlive(): void {
    if (!this.#keepsAlive || this.#alive !== null) return
    this.#alive = new MessageChannel().port1
    this.#alive.ref()
  }

  #releaseAlive(): void {
    this.#alive?.close()
    this.#alive = null
  }
}

/** One link, or the attempt to get one. */
class Watch implements TransportListener, SpareLink {
  readonly url: BrokerUrl
  readonly #owner: FailoverTransport
  /** In reserve: what its broker says is not for the connection yet. */
  #spare: boolean
  #early: DataStructure[] = []
  transport: Transport | null = null
  error: JMSError | null = null
  /** Where the broker sent us before we were its client. */
  moveTo: BrokerUrl | null = null
  /** What the broker was told of us. */
  introduced: ConnectionInfo | null = null
  /** Waits for the answer to it. */
  introduction: {
    readonly commandId: number
    resolve(reply: Reply): void
    reject(error: JMSError): void
  } | null = null

  constructor(owner: FailoverTransport, url: BrokerUrl, spare: boolean) {
    this.#owner = owner
    this.url = url
    this.#spare = spare
  }

  /** It is in reserve no more. */
  take(): void {
    this.#spare = false
    for (const command of this.#early.splice(0)) this.#owner.command(this, command)
  }

  close(): void {
    this.transport?.close()
  }

  command(command: DataStructure): void {
    if (this.#spare) this.#early.push(command)
    else this.#owner.command(this, command)
  }

  drained(): void {
    this.#owner.drained(this)
  }

  failed(error: JMSError): void {
    this.#owner.lost(this, error)
  }
}

function isMessage(command: Command): command is OpenWireMessage {
  switch (command.dataType) {
    case DataType.ActiveMQMessage:
    case DataType.ActiveMQBytesMessage:
    case DataType.ActiveMQMapMessage:
    case DataType.ActiveMQObjectMessage:
    case DataType.ActiveMQStreamMessage:
    case DataType.ActiveMQTextMessage:
    case DataType.ActiveMQBlobMessage:
      return true
    default:
      return false
  }
}

/** ConsumerControl names a destination since version 6; a look at a queue has no second beginning. */
function startsLater(info: ConsumerInfo, link: Transport): boolean {
  return info.prefetchSize > 0 && !info.browser && link.agreed.version >= 6
}

function startOf(info: ConsumerInfo): ConsumerControl {
  const control = new ConsumerControl()
  control.consumerId = info.consumerId
  control.destination = info.destination
  control.prefetch = info.prefetchSize
  return control
}

function rollbackOf(commit: TransactionInfo): TransactionInfo {
  const rollback = Object.assign(new TransactionInfo(), commit)
  rollback.type = TransactionType.Rollback
  rollback.responseRequired = false
  return rollback
}
