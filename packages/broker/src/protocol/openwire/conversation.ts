import { type Logger, MillraceError, ProtocolError } from '@millrace/base'
import {
  type Agreed,
  BrokerId,
  BrokerInfo,
  type CommandReceiver,
  ConnectionControl,
  type ConnectionInfo,
  type DataStructure,
  DataType,
  FrameReader,
  KeepAliveInfo,
  negotiate,
  ShutdownInfo,
  WireFormat,
  wireFormatInfo,
  type WireFormatInfo,
} from '@millrace/openwire'
import { authenticate } from '../../core/authentication.ts'
import type { Broker, ConnectionSpec, Principal } from '../../core/broker.ts'
import type { Conversation, Output, Peer } from '../protocol.ts'
import { OpenWireClient } from './client.ts'
import { unspeakable } from './errors.ts'
import { KeepAlive, Pulse } from './keep-alive.ts'
import { Sender } from './sender.ts'
import type { OpenWireSettings } from './settings.ts'

/** How far a conversation has come. What a stage does not name is refused before it is looked at. */
const Stage = {
  /** Listens to WireFormatInfo. */
  Greeting: 0,
  /** Listens to ConnectionInfo, and to the few commands that may come before it. */
  Introduction: 1,
  /** Listens to everything. */
  Open: 2,
  /** The introduction was refused: the peer is given a moment to read why, and nothing is listened to. */
  Refused: 3,
  /** Nothing is listened to. */
  Over: 4,
  /** It is found out who the peer is: what it says meanwhile waits, and no more is read. */
  Authentication: 5,
} as const
type Stage = (typeof Stage)[keyof typeof Stage]

/** Commands before the ConnectionInfo: real clients send one or two. */
const UNINTRODUCED_COMMANDS_MAX = 32

/** Nobody has said who it is for so long: whoever was asked does not answer. */
const AUTHENTICATION_MS_MAX = 60_000

/** A refused client shall see the refusal before it sees the end of the link. */
const REFUSED_MS = 2_000

/**
 * One OpenWire peer, from its first byte to its last: greeting, introduction, heart-beats and goodbye are here; what an
 * introduced client does is in `OpenWireClient`.
 */
export class OpenWireConversation implements Conversation, CommandReceiver {
  readonly #peer: Peer
  readonly #output: Output
  readonly #broker: Broker
  readonly #settings: OpenWireSettings
  readonly #log: Logger
  readonly #sender: Sender
  readonly #frames: FrameReader
  readonly #offer: WireFormatInfo
  readonly #openedAt: number
  #stage: Stage = Stage.Greeting
  #agreed: Agreed | null = null
  /** The options of the agreed format; its frame limit rises when the peer has introduced itself. */
  #limits = { maxFrameSize: 0 }
  #keepAlive: KeepAlive | null = null
  #unintroduced = 0
  #brokerInfoSeen = false
  #refusedAt = 0
  #client: OpenWireClient | null = null
  #authenticationBegunAt = 0
  /** What came in one chunk with the introduction, while it is looked at. */
  #held: DataStructure[] = []

  constructor(output: Output, peer: Peer, broker: Broker, settings: OpenWireSettings, log: Logger) {
    this.#output = output
    this.#peer = peer
    this.#broker = broker
    this.#settings = settings
    this.#log = log
    this.#sender = new Sender(output)
    this.#frames = new FrameReader(this.#sender.format)
    // What we run on is nobody's business before the introduction.
    this.#offer = wireFormatInfo({ ...settings, platformDetails: '' })
    this.#openedAt = peer.acceptedAt ?? broker.clock.monotonic()
  }

  get introduced(): boolean {
    return this.#stage === Stage.Open
  }

  /** Both sides speak first. */
  greet(): void {
    this.#sender.write(this.#offer)
  }

  receive(chunk: Buffer): void {
    this.#keepAlive?.heard()
    this.#frames.receive(chunk, this)
  }

  command(structure: DataStructure | null): void {
    if (structure === null) throw new ProtocolError('COMMAND_UNEXPECTED', 'an empty frame is no command')
    switch (this.#stage) {
      case Stage.Open:
        this.#open(structure)
        return
      case Stage.Greeting:
        if (structure.dataType !== DataType.WireFormatInfo) throw unexpected(structure, 'WireFormatInfo')
        this.#agree(structure)
        return
      case Stage.Introduction:
        this.#introduction(structure)
        return
      case Stage.Authentication:
        this.#held.push(structure)
        return
      case Stage.Refused:
      case Stage.Over:
    }
  }

  tick(nowMs: number): void {
    switch (this.#stage) {
      case Stage.Over:
        return
      case Stage.Refused:
        if (nowMs - this.#refusedAt >= REFUSED_MS) this.#end()
        return
      case Stage.Greeting:
      case Stage.Introduction:
        // A Java client introduces itself when it is first used, which may be long after: its heart-beats are enough.
        if (this.#keepAlive?.watches === true) break
        if (nowMs - this.#openedAt >= this.#settings.introductionMsMax) {
          const what = this.#stage === Stage.Greeting ? 'WireFormatInfo' : 'ConnectionInfo'
          const message = `no ${what} within ${this.#settings.introductionMsMax} ms`
          this.#giveUp(new MillraceError('NEGOTIATION_FAILED', message))
          return
        }
        break
      case Stage.Authentication:
        this.#keepAlive?.heard()
        if (nowMs - this.#authenticationBegunAt >= AUTHENTICATION_MS_MAX) {
          this.#giveUp(new MillraceError('NOT_AUTHENTICATED', `not known within ${AUTHENTICATION_MS_MAX} ms who it is`))
          return
        }
        break
      case Stage.Open:
        // Who is not read from cannot be heard.
        if (this.#client?.paused === true) this.#keepAlive?.heard()
    }
    if (this.#keepAlive !== null) this.#watch(this.#keepAlive.look(nowMs))
  }

  drained(): void {
    this.#client?.drained()
  }

  failed(error: MillraceError): void {
    if (this.#stage === Stage.Over) return
    if (this.#agreed !== null) {
      if (error.code === 'BROKER_STOPPING') this.#sender.write(new ShutdownInfo())
      else if (!unspeakable(error.code)) this.#sender.complain(error, false)
    }
    this.#over(error.message)
  }

  closed(): void {
    this.#over('the link is gone')
  }

  // ---- Greeting

  #agree(theirs: WireFormatInfo): void {
    const agreed = negotiate(this.#offer, theirs)
    const unintroduced = Math.min(agreed.maxFrameSize, this.#settings.maxFrameSizeUnintroduced)
    const options = { ...agreed, maxFrameSize: unintroduced }
    const format = new WireFormat(options)
    this.#agreed = agreed
    this.#limits = options
    this.#frames.format = format
    this.#sender.format = format
    const { maxInactivityDuration, maxInactivityDurationInitialDelay } = agreed
    const nowMs = this.#broker.clock.monotonic()
    this.#keepAlive = new KeepAlive(maxInactivityDuration, maxInactivityDurationInitialDelay, nowMs)
    this.#sender.keepAlive = this.#keepAlive
    this.#stage = Stage.Introduction
    this.#sender.write(this.#brokerInfo())
  }

  #brokerInfo(): BrokerInfo {
    const info = new BrokerInfo()
    info.brokerId = new BrokerId()
    info.brokerId.value = this.#broker.id
    info.brokerName = this.#broker.name
    info.brokerURL = clientAddress(this.#peer.connector)
    return info
  }

  // ---- Introduction

  #introduction(command: DataStructure): void {
    this.#unintroduced++
    if (this.#unintroduced > UNINTRODUCED_COMMANDS_MAX) throw unexpected(command, 'ConnectionInfo')
    switch (command.dataType) {
      case DataType.ConnectionInfo:
        this.#introduce(command)
        return
      case DataType.BrokerInfo:
      case DataType.ConnectionControl:
      case DataType.KeepAliveInfo:
      case DataType.ShutdownInfo:
        this.#common(command)
        return
      default:
        throw unexpected(command, 'ConnectionInfo')
    }
  }

  #introduce(info: ConnectionInfo): void {
    const agreed = this.#agreed as Agreed
    const client = new OpenWireClient(
      this.#broker,
      this.#sender,
      this.#output,
      this.#settings,
      agreed.version,
      (error) => this.#giveUp(error),
    )
    this.#attempt(info, () => {
      const { address, certificate = null } = this.#peer
      const spec = { ...client.introduced(info, address), certificate }
      const principal = authenticate(this.#broker, spec)
      if (principal instanceof Promise) this.#wait(info, client, spec, principal)
      else this.#enter(info, client, { ...spec, principal })
    })
  }

  /** What the broker has against the peer is its answer. */
  #attempt(info: ConnectionInfo, step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof MillraceError) || error instanceof ProtocolError) throw error
      this.#refuse(info, error)
    }
  }

  /** The answer begins a turn of its own. */
  #wait(info: ConnectionInfo, client: OpenWireClient, spec: ConnectionSpec, answer: Promise<Principal>): void {
    this.#stage = Stage.Authentication
    this.#authenticationBegunAt = this.#broker.clock.monotonic()
    this.#output.pause()
    const settled = (step: () => void): void => {
      const run = (): void => {
        if (this.#stage !== Stage.Authentication) return
        this.#output.resume()
        try {
          this.#attempt(info, step)
          for (const structure of this.#held.splice(0)) this.command(structure)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          this.#giveUp(error)
        }
      }
      this.#broker.turn.work({ queued: false, run })
    }
    answer.then(
      (principal) => settled(() => this.#enter(info, client, { ...spec, principal })),
      (error: unknown) =>
        settled(() => {
          throw error
        }),
    )
  }

  #enter(info: ConnectionInfo, client: OpenWireClient, spec: ConnectionSpec): void {
    client.enter(spec)
    this.#client = client
    this.#stage = Stage.Open
    this.#limits.maxFrameSize = (this.#agreed as Agreed).maxFrameSize
    if (info.manageable) this.#sender.write(noOtherBrokers())
    if (info.responseRequired) this.#sender.answer(info.commandId, null, false)
    this.#log.info(
      {
        peer: this.#peer.address,
        client: info.clientId,
        user: spec.principal?.name ?? null,
        version: this.#agreed?.version ?? 0,
        connector: this.#peer.connector,
      },
      'connection opened',
    )
  }

  #refuse(info: ConnectionInfo, error: MillraceError): void {
    if (info.responseRequired) this.#sender.answer(info.commandId, error, false)
    else this.#sender.complain(error, false)
    this.#log.warn(
      { peer: this.#peer.address, client: info.clientId, user: info.userName, code: error.code, reason: error.message },
      'connection refused',
    )
    this.#stage = Stage.Refused
    this.#refusedAt = this.#broker.clock.monotonic()
  }

  // ---- Open

  #open(command: DataStructure): void {
    switch (command.dataType) {
      case DataType.BrokerInfo:
      case DataType.ConnectionControl:
      case DataType.KeepAliveInfo:
      case DataType.ShutdownInfo:
        this.#common(command)
        return
      default:
        this.#client?.command(command)
    }
  }

  /** What may come before the ConnectionInfo as well as after it. */
  #common(command: BrokerInfo | ConnectionControl | KeepAliveInfo | ShutdownInfo): void {
    switch (command.dataType) {
      case DataType.KeepAliveInfo:
        if (command.responseRequired) this.#echo(command)
        return
      case DataType.ShutdownInfo:
        this.#end()
        return
      case DataType.BrokerInfo:
        this.#bridge(command)
        break
      case DataType.ConnectionControl:
    }
    if (command.responseRequired) this.#sender.answer(command.commandId, null, false)
  }

  /** A bridge of another broker. One way it is a client like others; nothing here could serve the other way. */
  #bridge(info: BrokerInfo): void {
    if (this.#brokerInfoSeen) throw unexpected(info, 'only one BrokerInfo')
    this.#brokerInfoSeen = true
    if (!info.duplexConnection) return
    throw new ProtocolError('COMMAND_UNSUPPORTED', `duplex bridges are not served, as ${info.brokerName} asks for`)
  }

  #echo(command: KeepAliveInfo): void {
    const echo = new KeepAliveInfo()
    echo.commandId = command.commandId
    this.#sender.write(echo)
  }

  // ---- Heart-beats and the end

  #watch(pulse: Pulse): void {
    switch (pulse) {
      case Pulse.Speak:
        this.#sender.write(new KeepAliveInfo())
        return
      case Pulse.Silent: {
        const limitMs = this.#agreed?.maxInactivityDuration ?? 0
        this.#giveUp(new MillraceError('INACTIVITY_TIMEOUT', `the peer was silent for more than ${limitMs} ms`))
        return
      }
      case Pulse.Fine:
    }
  }

  /** An end that is our wish: the peer is told, as far as it can be. */
  #giveUp(error: MillraceError): void {
    if (this.#stage === Stage.Over) return
    this.#log.warn({ peer: this.#peer.address, code: error.code, reason: error.message }, 'connection ended')
    this.failed(error)
    this.#output.close()
  }

  /** An end that both sides agree on. */
  #end(): void {
    this.#over('said goodbye')
    this.#output.close()
  }

  #over(reason: string): void {
    if (this.#stage === Stage.Over) return
    this.#stage = Stage.Over
    this.#sender.silence()
    if (this.#client === null) return
    this.#client.leave()
    this.#log.info({ peer: this.#peer.address, client: this.#client.clientId, reason }, 'connection closed')
  }
}

/** The address in the schemes that other clients know. */
function clientAddress(connector: string): string {
  return connector.replace(/^(openwire|auto)\+ssl:/, 'ssl:').replace(/^(openwire|auto):/, 'tcp:')
}

/** What every manageable client gets: nobody else to connect to. */
function noOtherBrokers(): ConnectionControl {
  const control = new ConnectionControl()
  control.connectedBrokers = ''
  control.reconnectTo = ''
  return control
}

function unexpected(structure: DataStructure, expected: string): ProtocolError {
  return new ProtocolError('COMMAND_UNEXPECTED', `${structure.constructor.name} came, expected ${expected}`)
}
