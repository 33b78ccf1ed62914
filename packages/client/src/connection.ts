import type { Cancel } from '@millrace/base'
import {
  type Command,
  ConnectionId,
  ConnectionInfo,
  type BrokerInfo as WireBrokerInfo,
  type DataStructure,
  DataType,
  DestinationInfo,
  DestinationOperation,
  FlushCommand,
  LastDelivered,
  type OpenWireMessage,
  ShutdownInfo,
} from '@millrace/openwire'
import { Acceptances } from './acceptances.ts'
import { type BrokerCapabilities, capabilitiesOf } from './capabilities.ts'
import type { ConnectionSettings } from './connection-factory.ts'
import type { Destination } from './destination.ts'
import { DuplicateAudit } from './duplicate-audit.ts'
import {
  ConnectionClosedError,
  ConnectionFailedError,
  IllegalStateError,
  JMSError,
  JMSSecurityError,
  remoteError,
  RequestTimedOutError,
} from './errors.ts'
import { TypedEmitter } from './events.ts'
import type { MessageSettings } from './messages/message.ts'
import { removal } from './removal.ts'
import { DONE, isFailure, type Pending, type Reply } from './reply.ts'
import { type DispatchTarget, Routes, type WindowHolder } from './routes.ts'
import { SendRoom } from './send-room.ts'
import { AcknowledgeMode, Session, type SessionOptions } from './session.ts'
import { type ConnectionStatistics, Totals } from './statistics.ts'
import { TemporaryDestinations } from './temporary-destinations.ts'
import { openTransport } from './transport/open.ts'
import type { ConnectionListener, Transport } from './transport/transport.ts'
import { formatBrokerUrl } from './uri.ts'
import { checkSignal, type WaitOptions, watch } from './wait.ts'

/** What the broker said of itself. */
export interface BrokerInfo {
  readonly id: string | null
  readonly name: string | null
  readonly url: string | null
}

/** What a connection tells its listeners: `connection.on(name, listener)`. */
export interface ConnectionEvents {
  /**
   * A one-way command failed at the broker (a send without reply, for instance), or the transport failed for good. Not
   * for errors that a call has already rejected with, and not while closing.
   */
  exception: JMSError
  /** A listener of a CLIENT or transacted session threw: there the next message just follows. */
  internalError: JMSError
  /** The connection is unusable from now on. null: it was closed by this program. */
  closed: { readonly error: JMSError | null }
  brokerInfo: BrokerInfo
  /** `failover:` the link to the broker at `address` broke. What is sent from now on waits. */
  interrupted: { readonly address: string; readonly error: JMSError }
  /** `failover:` after `delayMs` all brokers are tried, for the `attempt`th time since the link broke. */
  reconnecting: { readonly attempt: number; readonly delayMs: number }
  /** `failover:` a link is there again, to the broker at `address`, after so many ms. */
  resumed: { readonly address: string; readonly elapsedMs: number }
}

/** What this client says of itself (JMS ConnectionMetaData). */
export interface ConnectionMetaData {
  readonly jmsVersion: '3.1'
  readonly providerName: 'Millrace'
  readonly jmsxPropertyNames: readonly string[]
}

/** See `Connection.state`. */
export type ConnectionState = 'connected' | 'interrupted' | 'failed' | 'closing' | 'closed'

const INT_MAX = 0x7fff_ffff
const UNHEARD_MAX = 100

/**
 * One connection to a broker (JMS Connection): it numbers commands, matches replies, and routes what comes in. All its
 * sessions share one transport, so what they send arrives in the order of the calls.
 *
 * `await using connection = ...` closes it at the end of the block.
 */
export class Connection extends TypedEmitter<ConnectionEvents> implements ConnectionListener, AsyncDisposable {
  /** For this package, as everything that is not documented for applications. */
  readonly settings: ConnectionSettings
  readonly id: ConnectionId
  readonly temporaries: TemporaryDestinations
  messageSettings: MessageSettings
  readonly metaData: ConnectionMetaData = {
    jmsVersion: '3.1',
    providerName: 'Millrace',
    jmsxPropertyNames: ['JMSXUserID', 'JMSXGroupID', 'JMSXGroupSeq', 'JMSXDeliveryCount', 'JMSXProducerTXID'],
  }
  /** Larger prefetch for durable subscribers; ends with the second, or a transacted, session. */
  optimizedDispatch: boolean
  /** Said by the broker: acknowledgements are not batched then. */
  faultTolerant = false
  readonly targets: Routes<DispatchTarget> = new Routes()
  readonly windows: Routes<WindowHolder> = new Routes()
  readonly room: SendRoom
  started = false
  /** For this package: of what is closed. */
  readonly totals: Totals = new Totals()
  #transport: Transport | null = null
  #clientID: string | null
  #ownClientID: boolean
  #brokerInfo: BrokerInfo | undefined
  #opened: Promise<void> | null = null
  #acknowledged = false
  #failure: ConnectionFailedError | null = null
  #closing: Promise<void> | null = null
  #closed = false
  #commandId = 0
  #sessionCount = 0
  #transactionCount = 0
  readonly #createdMs: number
  #warned = false
  readonly #pending = new Map<number, Pending>()
  readonly #sessions = new Set<Session>()
  readonly #acceptances = new Acceptances()
  /** Errors of one-way commands that no listener has heard. */
  readonly #unheard: JMSError[] = []
  #warnTimer: Cancel | null = null
  /** Links that broke. */
  epoch = 0
  #interruptedMs = 0
  /** One-way sends that may be lost, since `sync` has last said so. */
  #sendsInDoubt = 0
  /** null: duplicates cannot come, or are let through. */
  audit: DuplicateAudit | null = null

  /** Use `ConnectionFactory.createConnection`. */
  private constructor(settings: ConnectionSettings) {
    super(settings.log)
    this.settings = settings
    this.optimizedDispatch = settings.optimizedMessageDispatch
    this.id = new ConnectionId()
    this.id.value = settings.ids.next(settings.connectionIDPrefix)
    this.#clientID = settings.clientID
    this.#ownClientID = settings.clientID !== null
    this.#createdMs = settings.clock.monotonic()
    this.messageSettings = this.#messageSettings(INT_MAX)
    this.temporaries = new TemporaryDestinations(this)
    this.room = new SendRoom(settings)
  }

  static async open(settings: ConnectionSettings, wait: WaitOptions): Promise<Connection> {
    const connection = new Connection(settings)
    const { clock, turn, log, random } = settings
    const ending = new AbortController()
    const end = watch(
      clock,
      wait.timeout ?? 0,
      wait.signal,
      `connecting to ${formatBrokerUrl(settings.url)}`,
      (error) => {
        ending.abort(error)
      },
    )
    checkSignal(wait.signal)
    try {
      connection.#transport = await openTransport(
        settings.url,
        settings.link,
        { clock, turn, log, random },
        connection,
        ending.signal,
      )
      connection.messageSettings = connection.#messageSettings(connection.#transport.agreed.maxFrameSize)
      if (connection.#transport.faultTolerant && settings.checkForDuplicates) {
        connection.audit = new DuplicateAudit(settings.auditDepth, settings.auditMaximumProducerNumber)
      }
      log.debug({ connection: connection.id.value, address: connection.address }, 'connected')
      if (settings.clientID !== null || settings.userName !== null) await connection.opened(wait)
      return connection
    } catch (error) {
      await connection.#abandon()
      throw ending.signal.aborted ? ending.signal.reason : error
    } finally {
      end?.()
    }
  }

  /** The client id: the one that was set, or the generated one once the broker knows it. */
  get clientID(): string | undefined {
    return this.#clientID ?? undefined
  }

  /**
   * Must come before anything else is done with the connection; better a `clientID` when creating it. Rejects with
   * IllegalStateError when it is too late, InvalidClientIDError when the broker refuses it.
   */
  async setClientID(clientID: string, wait: WaitOptions = {}): Promise<void> {
    this.requireUsable()
    if (this.#opened !== null)
      throw new IllegalStateError('the client id can only be set before the connection is used')
    this.#clientID = clientID
    this.#ownClientID = true
    await this.opened(wait)
  }

  /** undefined until the broker has said it. */
  get brokerInfo(): BrokerInfo | undefined {
    return this.#brokerInfo
  }

  /** The broker's address, for people. */
  get address(): string {
    return this.#transport?.address ?? formatBrokerUrl(this.settings.url)
  }

  /** There is a link to a broker just now. Only a `failover:` connection can be without one and not be at its end. */
  get connected(): boolean {
    return this.#transport !== null && !this.gone && !this.#transport.interrupted
  }

  /**
   * `connected`; `interrupted`: without a link, and looking for one; `failed`: for good, close it; `closing`; `closed`. For
   * health checks: the first is healthy, the second may become so.
   */
  get state(): ConnectionState {
    if (this.#closed) return 'closed'
    if (this.#closing !== null) return 'closing'
    if (this.#failure !== null) return 'failed'
    return this.connected ? 'connected' : 'interrupted'
  }

  /** What the broker of the present, or last, link can do. */
  get capabilities(): BrokerCapabilities | undefined {
    return this.#transport === null ? undefined : capabilitiesOf(this.#transport.agreed)
  }

  /** What was sent and received so far: plain numbers, counted always. */
  statistics(): ConnectionStatistics {
    return this.totals.snapshot(
      Array.from(this.#sessions, (session) => session.statistics()),
      this.epoch,
    )
  }

  /**
   * Asks the broker for an answer. Resolves to the ms it took: behind everything that was sent before, and as `sync` until
   * that is handled. Rejects as `sync`; give it a `timeout` for a health check, or it waits for a link as long as it takes.
   */
  async ping(wait: WaitOptions = {}): Promise<number> {
    this.requireUsable()
    await this.opened(wait)
    const { clock } = this.settings
    const began = clock.monotonic()
    await this.request(new FlushCommand(), 'ping', wait)
    return clock.monotonic() - began
  }

  /** Commands that wait for a link. */
  get waitingCommands(): number {
    return this.#transport?.waitingCommands ?? 0
  }

  /** Begins, or goes on, to deliver messages to consumers. Nothing goes over the wire. */
  async start(): Promise<void> {
    this.requireUsable()
    await this.opened()
    this.started = true
    for (const session of this.#sessions) session.started()
  }

  /**
   * Stops delivering and waits until running listeners have returned; sending goes on. Rejects with IllegalStateError
   * when called from a listener of this connection, or when one does not return within `closeTimeout`.
   */
  async stop(): Promise<void> {
    this.requireUsable()
    this.#requireOutsideListeners('stop()')
    this.started = false
    await this.#listenersIdle()
  }

  /**
   * Closes everything that belongs to the connection; idempotent. Running listeners are waited for, open transactions
   * rolled back, pending receives resolve to null. Waits until the broker has handled all that was sent before, at most
   * `closeTimeout`. Rejects with an AggregateError when one-way sends failed that no `'exception'` listener heard of
   * (unless `throwOnPendingErrors` is false), and with IllegalStateError inside a listener of this connection.
   */
  close(wait: WaitOptions = {}): Promise<void> {
    if (this.#closing === null) {
      try {
        this.#requireOutsideListeners('close()')
      } catch (error) {
        return Promise.reject(error)
      }
      this.#closing = this.#close(wait)
    }
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * Resolves when the broker has handled everything that was sent on this connection before the call, one-way sends
   * included; what failed of them has been reported to `'exception'` by then. Rejects with JMSError SENDS_IN_DOUBT when
   * one-way sends since the last `sync` may have been lost with a link (`outcome` is `'unknown'`).
   */
  async sync(wait: WaitOptions = {}): Promise<void> {
    this.requireUsable()
    await this.opened(wait)
    await Promise.all([...this.#sessions].map((session) => session.written()))
    await this.request(new FlushCommand(), 'sync', wait)
    const count = this.#sendsInDoubt
    this.#sendsInDoubt = 0
    if (count > 0) throw inDoubt(count)
  }

  /** A serial context for sending and receiving. Rejects with IllegalStateError when the connection is closed. */
  async createSession(options: SessionOptions = {}): Promise<Session> {
    this.requireUsable()
    const transacted = options.transacted === true || options.acknowledgeMode === AcknowledgeMode.SESSION_TRANSACTED
    if (transacted || this.#sessionCount > 0) this.optimizedDispatch = false
    this.#sessionCount++
    const session = new Session(this, this.#sessionCount, {
      transacted,
      acknowledgeMode: transacted
        ? AcknowledgeMode.SESSION_TRANSACTED
        : (options.acknowledgeMode ?? AcknowledgeMode.AUTO),
    })
    await this.opened()
    this.requireUsable()
    this.#sessions.add(session)
    session.announce()
    return session
  }

  /**
   * Deletes a destination at the broker. For a temporary one as its own `delete()`. Rejects with IllegalStateError while
   * this connection consumes from it.
   */
  async deleteDestination(destination: Destination, wait: WaitOptions = {}): Promise<void> {
    this.requireUsable()
    for (const session of this.#sessions) {
      if (session.consumesFrom(destination)) {
        throw new IllegalStateError(`${destination.toString()} is consumed from by this connection`)
      }
    }
    await this.opened(wait)
    const info = new DestinationInfo()
    info.connectionId = this.id
    info.destination = destination.wire
    info.operationType = DestinationOperation.Remove
    await this.request(info, `deleting ${destination.toString()}`, wait)
    if (destination.temporary) this.temporaries.deleted(destination.wire)
  }

  /** The connection keeps the process alive, which is the default. */
  ref(): this {
    this.#transport?.ref()
    return this
  }

  /** The process may end although this connection is open. */
  unref(): this {
    this.#transport?.unref()
    return this
  }

  // For this package.

  get failure(): ConnectionFailedError | null {
    return this.#failure
  }

  get sendsInFlight(): number {
    return this.room.sendsInFlight
  }

  get sendsWaiting(): number {
    return this.room.sendsWaiting
  }

  get bytesWaiting(): number {
    return this.room.bytesWaiting
  }

  get closing(): boolean {
    return this.#closing !== null
  }

  /** Nothing can be sent any more. */
  get gone(): boolean {
    return this.#closed || this.#failure !== null
  }

  /** Set by the application: what durable subscriptions need. */
  get hasOwnClientID(): boolean {
    return this.#ownClientID
  }

  /** The broker is a Millrace one, which has more than OpenWire has words for. */
  get millrace(): boolean {
    return this.#usableTransport().agreed.peer === 'Millrace'
  }

  requireUsable(): void {
    if (this.#failure !== null) throw this.#failure
    if (this.#closing !== null) throw new ConnectionClosedError('the connection is closed')
  }

  /** ConnectionInfo, and the watch for temporary destinations, go out at the first real use. */
  opened(wait: WaitOptions = {}): Promise<void> {
    if (this.#acknowledged) return DONE
    this.#opened ??= this.#open(wait)
    return this.#opened
  }

  async #open(wait: WaitOptions): Promise<void> {
    const { settings } = this
    this.#clientID ??= settings.ids.next(settings.clientIDPrefix)
    const info = new ConnectionInfo()
    info.connectionId = this.id
    info.clientId = this.#clientID
    info.userName = settings.userName
    info.password = settings.password
    info.manageable = true
    info.clientMaster = true
    info.faultTolerant = this.#transport?.faultTolerant ?? false
    const reply = this.request(info, 'opening the connection', { timeout: settings.connectResponseTimeout, ...wait })
    // Both are on their way at once; when the first is refused, nobody asks about the second.
    const watched = settings.watchTopicAdvisories ? this.temporaries.watch() : DONE
    try {
      await Promise.all([reply, watched])
      this.#acknowledged = true
      // Its own promise has done what it was for.
      this.#opened = DONE
    } catch (error) {
      if (error instanceof JMSSecurityError) this.#refuse(error)
      throw error
    }
  }

  /** Going on, or trying again, would only repeat the refusal. The caller is told, so no event is. */
  #refuse(error: JMSError): void {
    this.#failure = new ConnectionFailedError(`${this.address} refused the connection: ${error.message}`, {
      cause: error,
    })
    this.#transport?.close()
    this.#failPending(this.#failure)
  }

  #failPending(error: JMSError): void {
    const pending = Array.from(this.#pending.values())
    this.#pending.clear()
    for (const one of pending) one.failed(error)
  }

  nextCommandId(): number {
    this.#commandId = this.#commandId === INT_MAX ? 1 : this.#commandId + 1
    return this.#commandId
  }

  nextTransactionNumber(): number {
    this.#transactionCount++
    return this.#transactionCount
  }

  /** Sends a command that nobody waits for. False: the transport has enough for now. */
  oneWay(command: Command): boolean {
    const transport = this.#usableTransport()
    if ('commandId' in command) {
      command.commandId = this.nextCommandId()
      command.responseRequired = false
    }
    return transport.send(command)
  }

  /** Sends a command whose answer `pending` gets. Throws when it cannot be sent, and then `pending` gets nothing. */
  ask(command: Command, pending: Pending): number {
    const transport = this.#usableTransport()
    const commandId = this.nextCommandId()
    if ('commandId' in command) {
      command.commandId = commandId
      command.responseRequired = true
    }
    transport.send(command)
    this.#pending.set(commandId, pending)
    return commandId
  }

  /** Nobody waits for this answer any more; when it comes it is ignored. */
  forget(commandId: number): void {
    this.#pending.delete(commandId)
  }

  /** Sends a command and waits for its answer. `what` names it in errors. */
  request(command: Command, what: string, wait: WaitOptions = {}): Promise<Reply> {
    const { clock, requestTimeout } = this.settings
    return new Promise((resolve, reject) => {
      checkSignal(wait.signal)
      let end: (() => void) | null = null
      const commandId = this.ask(command, {
        replied: (reply) => {
          end?.()
          if (isFailure(reply)) reject(remoteError(reply.exception, `${what} was refused`))
          else resolve(reply)
        },
        failed: (error) => {
          end?.()
          reject(error)
        },
      })
      end = watch(clock, wait.timeout ?? requestTimeout, wait.signal, what, (error) => {
        this.forget(commandId)
        reject(error)
      })
    })
  }

  /** Room for more after `command`? Otherwise the promise for when there is; it never goes unhandled. */
  accepted(command: OpenWireMessage): Promise<void> {
    if (this.#transport === null || !this.#transport.blocked) return DONE
    // While it waits for a link it may fail by itself.
    const { interrupted } = this.#transport
    return interrupted ? this.#acceptances.whenLinked(command.commandId) : this.#acceptances.whenDrained()
  }

  get keepsCommands(): boolean {
    return this.#transport?.keepsCommands ?? false
  }

  removeSession(session: Session): void {
    this.#sessions.delete(session)
    this.room.leave(session)
  }

  /** An error that no call can reject with. */
  report(error: JMSError): void {
    if (this.#closing === null && this.emit('exception', error)) return
    if (this.#unheard.length < UNHEARD_MAX) this.#unheard.push(error)
    this.settings.log.warn(
      { connection: this.id.value, error },
      'a one-way command failed and nobody listens to "exception"',
    )
  }

  reportInternal(error: JMSError): void {
    if (this.emit('internalError', error)) return
    this.settings.log.error({ connection: this.id.value, error }, 'a message listener failed')
  }

  /** Messages came for a connection that may have been forgotten to start. */
  warnUnstarted(): void {
    const { warnAboutUnstartedConnectionTimeout: limitMs, clock, log } = this.settings
    if (this.#warned || limitMs < 0) return
    this.#warned = true
    const passedMs = clock.monotonic() - this.#createdMs
    this.#warnTimer = clock.after(Math.max(0, limitMs - passedMs), () => {
      if (this.started || this.#closing !== null) return
      log.warn({ connection: this.id.value }, 'messages have arrived, but start() was not called: nothing is delivered')
    })
  }

  // From the transport.

  command(command: DataStructure): void {
    switch (command.dataType) {
      case DataType.MessageDispatch:
        // A consumer that was just closed is not found: the broker gives its messages to others.
        this.targets.find(command.consumerId)?.dispatch(command)
        break
      case DataType.Response:
      case DataType.ExceptionResponse:
      case DataType.IntegerResponse:
      case DataType.DataResponse:
      case DataType.DataArrayResponse:
        this.#reply(command)
        break
      case DataType.ProducerAck:
        this.windows.find(command.producerId)?.windowFreed(command.size)
        break
      case DataType.ConnectionError:
        this.report(remoteError(command.exception, 'the broker reported an error'))
        break
      case DataType.ConsumerControl:
        this.targets.find(command.consumerId)?.control(command)
        break
      case DataType.ConnectionControl:
        if (command.faultTolerant) this.faultTolerant = true
        break
      case DataType.BrokerInfo:
        this.#brokerSaid(command)
        break
      default:
        // ShutdownInfo and what is not for clients: the end of the link says the rest.
        break
    }
  }

  drained(): void {
    this.room.drained()
    this.#acceptances.settle(null)
  }

  interrupted(error: JMSError, sendsInDoubt: number): void {
    const { address } = this
    this.epoch++
    this.#interruptedMs = this.settings.clock.monotonic()
    this.settings.log.warn({ connection: this.id.value, address, error }, 'connection interrupted')
    for (const target of this.targets.all()) target.interrupted()
    for (const session of this.#sessions) session.transactions.interrupted()
    for (const holder of this.windows.all()) holder.windowReset()
    if (this.#closing !== null) this.#giveUp()
    else this.emit('interrupted', { address, error })
    if (sendsInDoubt === 0) return
    this.#sendsInDoubt += sendsInDoubt
    this.report(inDoubt(sendsInDoubt, error))
  }

  reconnecting(attempt: number, delayMs: number): void {
    this.emit('reconnecting', { attempt, delayMs })
  }

  resumed(): void {
    const { address } = this
    if (this.#transport !== null) this.messageSettings = this.#messageSettings(this.#transport.agreed.maxFrameSize)
    for (const target of this.targets.all()) target.resumed()
    this.emit('resumed', { address, elapsedMs: this.settings.clock.monotonic() - this.#interruptedMs })
  }

  refused(command: Command, error: JMSError): void {
    const commandId = 'commandId' in command ? command.commandId : 0
    const pending = this.#pending.get(commandId)
    this.#pending.delete(commandId)
    if (pending !== undefined) pending.failed(error)
    else if (!this.#acceptances.refused(commandId, error)) this.report(error)
  }

  /** Closing without a link: nothing is worth waiting for. */
  #giveUp(): void {
    const transport = this.#transport
    if (transport === null || !transport.interrupted) return
    const text = 'the connection was closed while no broker was connected'
    const lost = transport.giveUp().filter((one) => !('responseRequired' in one) || !one.responseRequired)
    this.#failPending(new ConnectionClosedError(text, { outcome: 'unknown' }))
    const error = new ConnectionClosedError(`${text}: it was not sent`)
    for (const session of this.#sessions) session.failed(error)
    for (const command of lost) if ('messageId' in command) this.refused(command, error)
    this.#acceptances.settle(error)
  }

  /** The transport is gone for good: listeners first, then everything that waits. */
  failed(cause: JMSError): void {
    if (this.#failure !== null || this.#closed) return
    const error = new ConnectionFailedError(`the connection to ${this.address} failed: ${cause.message}`, { cause })
    this.#failure = error
    this.settings.log.warn({ connection: this.id.value, address: this.address, error: cause }, 'connection lost')
    if (this.#closing === null) this.emit('exception', error)
    this.#failPending(new ConnectionFailedError(error.message, { cause, outcome: 'unknown' }))
    this.#acceptances.settle(error)
    for (const target of this.targets.all()) target.failed(error)
    for (const session of this.#sessions) session.failed(error)
    this.#warnTimer?.()
    if (this.#closing === null) this.emit('closed', { error })
  }

  /** For this package: the broker does what no broker may do, and nothing that it says is believed any more. */
  giveUpOn(error: JMSError): void {
    this.#transport?.close()
    this.failed(error)
  }

  #messageSettings(maxFrameSize: number): MessageSettings {
    const { strictCompliance, nestedMapAndListEnabled, maxInflatedDataSizeRatio } = this.settings
    const inflatedBytesMax = Math.min(INT_MAX, Math.floor(maxFrameSize * maxInflatedDataSizeRatio))
    return { strictCompliance, nestedMapAndListEnabled, inflatedBytesMax }
  }

  #reply(reply: Reply): void {
    const pending = this.#pending.get(reply.correlationId)
    if (pending === undefined) return
    this.#pending.delete(reply.correlationId)
    pending.replied(reply)
  }

  #brokerSaid(info: WireBrokerInfo): void {
    this.#brokerInfo = { id: info.brokerId?.value ?? null, name: info.brokerName, url: info.brokerURL }
    if (info.faultTolerantConfiguration) this.faultTolerant = true
    this.emit('brokerInfo', this.#brokerInfo)
  }

  #usableTransport(): Transport {
    if (this.#failure !== null) throw this.#failure
    if (this.#transport === null || this.#closed) throw new ConnectionClosedError('the connection is closed')
    return this.#transport
  }

  #requireOutsideListeners(what: string): void {
    for (const session of this.#sessions) session.requireOutsideListener(what)
  }

  async #listenersIdle(): Promise<void> {
    const idle = Promise.all([...this.#sessions].map((session) => session.idle()))
    await this.#within(idle, 'a listener is still running')
  }

  /** Waits at most `closeTimeout`. */
  async #within(promise: Promise<unknown>, otherwise: string): Promise<void> {
    const { clock, closeTimeout } = this.settings
    if (closeTimeout <= 0) {
      await promise
      return
    }
    let cancel: Cancel = () => {}
    const limit = new Promise<never>((_, reject) => {
      cancel = clock.after(closeTimeout, () => reject(new IllegalStateError(`${otherwise} after ${closeTimeout} ms`)))
    })
    try {
      await Promise.race([promise, limit])
    } finally {
      cancel()
    }
  }

  async #close(wait: WaitOptions): Promise<void> {
    this.started = false
    this.#warnTimer?.()
    this.#giveUp()
    if (!this.#acknowledged) await this.#opened?.catch(() => {})
    if (this.#failure === null && this.#acknowledged) await this.#sayGoodBye(wait)
    else await Promise.allSettled(Array.from(this.#sessions, (session) => session.close()))
    if (!this.#closed) {
      this.#closed = true
      this.#transport?.close()
      this.emit('closed', { error: null })
    }
    this.drained()
    if (this.settings.throwOnPendingErrors && this.#unheard.length > 0) {
      const errors = this.#unheard.splice(0)
      throw new AggregateError(
        errors,
        `${errors.length} one-way commands failed, the first with: ${errors[0]?.message}`,
      )
    }
  }

  /** The reply to RemoveInfo is a barrier: the broker has handled every earlier command of this connection. */
  async #sayGoodBye(wait: WaitOptions): Promise<void> {
    const { closeTimeout, log } = this.settings
    const sessions = Array.from(this.#sessions)
    const lastDelivered = Math.max(LastDelivered.None, ...sessions.map((session) => session.lastDelivered))
    try {
      await this.#within(Promise.all(sessions.map((session) => session.close())), 'a session is still closing')
    } catch (error) {
      log.warn({ connection: this.id.value, error }, 'a session did not close in order')
    }
    try {
      this.temporaries.unwatch()
      await this.request(removal(this.id, lastDelivered), 'closing the connection', { timeout: closeTimeout, ...wait })
      this.oneWay(new ShutdownInfo())
    } catch (error) {
      // As in the model system a broker that does not say good-bye in time does not make the close fail.
      if (!(error instanceof RequestTimedOutError))
        log.debug({ connection: this.id.value, error }, 'closed without good-bye')
    }
  }

  /** A connection that never came about. */
  async #abandon(): Promise<void> {
    this.#closing = DONE
    this.#closed = true
    this.#transport?.close()
    await DONE
  }
}

function inDoubt(count: number, cause?: JMSError): JMSError {
  const what = count === 1 ? 'a one-way send' : `${count} one-way sends`
  return new JMSError(`${what} may have been lost with the link to the broker`, {
    code: 'SENDS_IN_DOUBT',
    outcome: 'unknown',
    cause,
  })
}
