import { Buffer } from 'node:buffer'
import { type Logger, MillraceError, ProtocolError } from '@millrace/base'
import { authenticate } from '../../core/authentication.ts'
import type { Broker, ConnectionSpec, Principal } from '../../core/broker.ts'
import type { Conversation, Output, Peer } from '../protocol.ts'
import { type ClientOwner, StompClient } from './client.ts'
import { Command } from './command.ts'
import { connectionIdOf } from './connection-id.ts'
import type { Frame } from './frame.ts'
import { agreeOnHeartBeats, HeartBeat, type HeartBeats, Pulse } from './heart-beat.ts'
import { type FrameLimits, FrameParser, type FrameReceiver } from './parser.ts'
import { Sender } from './sender.ts'
import type { StompSettings } from './settings.ts'
import { commonVersion, Version, versionTexts } from './version.ts'

/** How far a conversation has come. */
const Stage = {
  /** Listens to CONNECT. */
  Introduction: 0,
  /** It is found out who the peer is: what it says meanwhile waits, and no more is read. */
  Authentication: 1,
  /** Listens to everything. */
  Open: 2,
  /** Nothing is listened to. */
  Over: 3,
} as const
type Stage = (typeof Stage)[keyof typeof Stage]

/** Nobody has said who it is for so long: whoever was asked does not answer. */
const AUTHENTICATION_MS_MAX = 60_000

const NOTHING = Buffer.alloc(0)

/** Of the frames of a peer, before and after it has said who it is. */
export interface ConversationLimits {
  readonly unintroduced: FrameLimits
  readonly introduced: FrameLimits
}

export function limitsOf(settings: StompSettings): ConversationLimits {
  return {
    unintroduced: frameLimitsOf(settings, settings.maxFrameSizeUnintroduced),
    introduced: frameLimitsOf(settings, settings.maxFrameSize),
  }
}

/**
 * One STOMP peer, from its first byte to its last: CONNECT, heart-beats and the end are here; what a connected client does
 * is in `StompClient`.
 */
export class StompConversation implements Conversation, FrameReceiver, ClientOwner {
  readonly #peer: Peer
  readonly #output: Output
  readonly #broker: Broker
  readonly #settings: StompSettings
  readonly #limits: ConversationLimits
  readonly #log: Logger
  readonly #sender: Sender
  readonly #parser: FrameParser
  readonly #openedAt: number
  #stage: Stage = Stage.Introduction
  #client: StompClient | null = null
  #heartBeat: HeartBeat | null = null
  #authenticationBegunAt = 0
  /** What came behind CONNECT, while it is looked at. */
  #held: Buffer = NOTHING

  constructor(
    output: Output,
    peer: Peer,
    broker: Broker,
    settings: StompSettings,
    limits: ConversationLimits,
    log: Logger,
  ) {
    this.#output = output
    this.#peer = peer
    this.#broker = broker
    this.#settings = settings
    this.#limits = limits
    this.#log = log
    this.#sender = new Sender(output)
    this.#parser = new FrameParser(limits.unintroduced)
    this.#openedAt = peer.acceptedAt ?? broker.clock.monotonic()
  }

  get introduced(): boolean {
    return this.#stage === Stage.Open
  }

  receive(chunk: Buffer): void {
    if (this.#stage === Stage.Over) return
    this.#heartBeat?.heard()
    if (this.#waits()) {
      this.#held = Buffer.concat([this.#held, chunk])
      return
    }
    const taken = this.#parser.receive(chunk, this)
    if (taken < chunk.length && this.#waits()) this.#held = Buffer.from(chunk.subarray(taken))
  }

  #waits(): boolean {
    return this.#stage === Stage.Authentication
  }

  frame(frame: Frame): void {
    switch (this.#stage) {
      case Stage.Open:
        this.#client?.frame(frame)
        return
      case Stage.Introduction:
        if (frame.command !== Command.Connect)
          throw new ProtocolError('COMMAND_UNEXPECTED', 'CONNECT has to come first')
        this.#connect(frame)
        return
      case Stage.Authentication:
      case Stage.Over:
    }
  }

  tick(nowMs: number): void {
    switch (this.#stage) {
      case Stage.Over:
        return
      case Stage.Introduction:
        if (nowMs - this.#openedAt < this.#settings.connectAttemptTimeout) return
        this.#giveUp(
          new MillraceError('NEGOTIATION_FAILED', `no CONNECT within ${this.#settings.connectAttemptTimeout} ms`),
        )
        return
      case Stage.Authentication:
        if (nowMs - this.#authenticationBegunAt < AUTHENTICATION_MS_MAX) return
        this.#giveUp(new MillraceError('NOT_AUTHENTICATED', `not known within ${AUTHENTICATION_MS_MAX} ms who it is`))
        return
      case Stage.Open:
        if (this.#heartBeat !== null) this.#watch(this.#heartBeat, nowMs)
    }
  }

  drained(): void {
    this.#client?.drained()
  }

  failed(error: MillraceError): void {
    if (this.#stage === Stage.Over) return
    this.#sender.error(error, null)
    this.#over(error.message)
  }

  closed(): void {
    this.#over('the link is gone')
  }

  // ---- Introduction

  #connect(frame: Frame): void {
    const version = commonVersion(frame.text('accept-version'))
    if (version === null) {
      const error = new MillraceError(
        'NEGOTIATION_FAILED',
        `none of the versions "${frame.text('accept-version')}" is spoken here, but ${versionTexts.join(', ')}`,
      )
      this.#refuse(error, null, true)
      return
    }
    // Only 1.0 pads.
    frame.padded = version === Version.V10
    const beats = agreeOnHeartBeats(
      version === Version.V10 ? '0,0' : (frame.text('heart-beat') ?? this.#settings.defaultHeartBeat),
      this.#settings.heartBeatMsMin,
    )
    const connectionId = connectionIdOf(this.#broker)
    const clientId = frame.text('client-id') ?? ''
    const introduction: Introduction = {
      version,
      beats,
      requestId: frame.text('request-id') ?? frame.text('receipt'),
      spec: {
        connectionId,
        clientId: clientId === '' ? connectionId : clientId,
        userName: frame.text('login'),
        password: frame.text('passcode'),
        peerAddress: this.#peer.address,
        certificate: this.#peer.certificate ?? null,
        reconnected: false,
        ...(this.#settings.allowLinkStealing ? { allowLinkStealing: true } : {}),
      },
    }
    this.#attempt(introduction, () => {
      const principal = authenticate(this.#broker, introduction.spec)
      if (principal instanceof Promise) this.#wait(introduction, principal)
      else this.#enter(introduction, principal)
    })
  }

  /** What the broker has against the peer is its answer, and the end. */
  #attempt(introduction: Introduction, step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof MillraceError) || error instanceof ProtocolError) throw error
      this.#refuse(error, introduction.spec)
    }
  }

  /** The answer begins a turn of its own. */
  #wait(introduction: Introduction, answer: Promise<Principal>): void {
    this.#stage = Stage.Authentication
    this.#authenticationBegunAt = this.#broker.clock.monotonic()
    this.#output.pause()
    this.#parser.halt()
    const settled = (step: () => void): void => {
      const run = (): void => {
        if (this.#stage !== Stage.Authentication) return
        this.#output.resume()
        const held = this.#held
        this.#held = NOTHING
        try {
          this.#attempt(introduction, step)
          if (held.length > 0) this.receive(held)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          this.#giveUp(error)
        }
      }
      this.#broker.turn.work({ queued: false, run })
    }
    answer.then(
      (principal) => settled(() => this.#enter(introduction, principal)),
      (error: unknown) =>
        settled(() => {
          throw error
        }),
    )
  }

  #enter({ version, beats, requestId, spec }: Introduction, principal: Principal | null): void {
    const known = principal === null ? spec : { ...spec, principal }
    const client = new StompClient(this.#broker, this.#sender, this.#output, version, this.#settings, known, this)
    client.enter()
    this.#client = client
    this.#stage = Stage.Open
    this.#sender.version = version
    this.#parser.version = version
    this.#parser.lenientEscapes = this.#settings.lenientEscapes
    this.#parser.limits = this.#limits.introduced
    this.#heartBeat = new HeartBeat(beats, this.#settings.hbGracePeriodMultiplier, this.#broker.clock.monotonic())
    this.#sender.connected([
      ['version', versionTexts[version] ?? ''],
      ['session', spec.clientId],
      ['server', SERVER],
      ['heart-beat', `${beats.writeMs},${beats.readMs}`],
      ...(requestId === null
        ? []
        : ([
            ['response-id', requestId],
            ['receipt-id', requestId],
          ] as const)),
    ])
    this.#log.info(
      {
        peer: this.#peer.address,
        client: spec.clientId,
        user: principal?.name ?? null,
        version: versionTexts[version] ?? '',
        connector: this.#peer.connector,
      },
      'connection opened',
    )
  }

  #refuse(error: MillraceError, spec: ConnectionSpec | null, versions = false): void {
    this.#sender.error(error, null, versions)
    this.#log.warn(
      {
        peer: this.#peer.address,
        client: spec?.clientId ?? null,
        user: spec?.userName ?? null,
        code: error.code,
        reason: error.message,
      },
      'connection refused',
    )
    this.left()
  }

  // ---- Heart-beats and the end

  #watch(heartBeat: HeartBeat, nowMs: number): void {
    // Who is not read from cannot be heard.
    if (this.#client?.paused === true) heartBeat.heard()
    const { said } = this.#sender
    this.#sender.said = false
    switch (heartBeat.look(nowMs, said)) {
      case Pulse.Speak:
        this.#sender.heartBeat()
        return
      case Pulse.Silent:
        this.#giveUp(
          new MillraceError('INACTIVITY_TIMEOUT', 'the client was silent for longer than it said it would be'),
        )
        return
      case Pulse.Fine:
    }
  }

  /** An end that is our wish: the peer is told. */
  #giveUp(error: MillraceError): void {
    if (this.#stage === Stage.Over) return
    this.#sender.error(error, null)
    this.ended(error)
  }

  /** The same, when it was told already. */
  ended(error: MillraceError): void {
    if (this.#stage === Stage.Over) return
    this.#log.warn({ peer: this.#peer.address, code: error.code, reason: error.message }, 'connection ended')
    this.#over(error.message)
    this.#output.close()
  }

  /** An end that both sides agree on. */
  left(): void {
    this.#over('said goodbye')
    this.#output.close()
  }

  #over(reason: string): void {
    if (this.#stage === Stage.Over) return
    this.#stage = Stage.Over
    this.#parser.halt()
    this.#sender.silence()
    if (this.#client === null) return
    this.#client.leave()
    this.#log.info({ peer: this.#peer.address, client: this.#client.clientId, reason }, 'connection closed')
  }
}

/** What CONNECT said. */
interface Introduction {
  readonly version: Version
  readonly beats: HeartBeats
  readonly requestId: string | null
  readonly spec: ConnectionSpec
}

const SERVER = 'Millrace'

function frameLimitsOf(settings: StompSettings, frameBytesMax: number): FrameLimits {
  return {
    commandBytesMax: settings.maxCommandLength,
    headerBytesMax: settings.maxHeaderLength,
    headersMax: settings.maxHeaders,
    bodyBytesMax: Math.min(settings.maxDataLength, frameBytesMax),
    frameBytesMax: Math.min(frameBytesMax, settings.maxFrameSize),
  }
}
