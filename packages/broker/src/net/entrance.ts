import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock, Logger, Turn } from '@millrace/base'
import type { Peer, Protocol } from '../protocol/protocol.ts'
import { certificateOf } from './certificate.ts'
import type { Link } from './link.ts'
import { recognise } from './recognition.ts'
import { SocketLink } from './socket-link.ts'
import type { TlsGate } from './tls.ts'
import type { Web, WebRules } from './web.ts'

/** What may come at a connector before a protocol has the bytes. */
export interface Door {
  /** Null: there is no certificate. */
  readonly tls: TlsGate | null
  /** TLS comes first; otherwise it may, where anything may. */
  readonly tlsFirst: boolean
  /** HTTP comes, nothing else. */
  readonly httpOnly: boolean
  /** Null: only the protocols are spoken. */
  readonly rules: WebRules | null
  readonly detectionMsMax: number
}

/** What every entrance of a broker shares. */
export interface EntranceHost {
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  /** Loaded by the first who needs it. */
  web(): Promise<Web>
}

export interface EntranceOwner {
  /** It is known what is spoken, or it is one of several protocols. `first` has come already. */
  entered(link: Link, peer: Peer, protocols: readonly Protocol[], first: Buffer): void
  /** Nothing came of it. */
  left(held: boolean): void
  /** The peer speaks nothing that is spoken here: whether it is held for a while rather than let go at once. */
  holds(): boolean
}

const HANDSHAKE_MS_MAX = 10_000
/** From the moment when it came until it is known what it speaks, however many stages it goes through meanwhile. */
const ENTRANCE_MS_MAX = 30_000
/** For the headers of a request, from the moment when the connection or the last answer was there. */
const REQUEST_MS_MAX = 10_000
/** Of a peer that takes nothing of its answer. */
const STALLED_MS_MAX = 60_000
/** Between our last word and the cut, in case the peer does not close its side. */
const FAREWELL_MS = 5_000

/** The close that follows is what counts. Shared, because it stays with the socket. */
const failed = (): void => {}

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * A connection of which it is not known yet what it speaks: TLS, HTTP with a WebSocket in it, one of our protocols, one that
 * we can only refuse, or rubbish. The first bytes say it; nothing of all this is in the way afterwards. Each stage has a
 * time limit, and everybody in here counts as a connection.
 */
export class Entrance {
  readonly #address: string
  readonly #connector: string
  readonly #protocols: readonly Protocol[]
  readonly #door: Door
  readonly #host: EntranceHost
  readonly #owner: EntranceOwner
  /** The one that came in, below TLS. */
  readonly #below: Socket
  #socket: Socket
  #certificate: string | null = null
  #handshaking = false
  #secure = false
  #first = NOTHING
  /** When it came, or when it got its last answer. */
  #acceptedAt: number
  #since: number
  #msMax: number
  #missing = ''
  /** HTTP requests that are being answered. */
  #requests = 0
  /** Bytes that the peer has taken of the answers. */
  #sent = 0
  #leaving = false
  /** It is not let go before its time. */
  #held = false
  #over = false

  constructor(
    socket: Socket,
    address: string,
    connector: { readonly text: string; readonly protocols: readonly Protocol[] },
    door: Door,
    host: EntranceHost,
    owner: EntranceOwner,
  ) {
    this.#below = socket
    this.#socket = socket
    this.#address = address
    this.#connector = connector.text
    this.#protocols = connector.protocols
    this.#door = door
    this.#host = host
    this.#owner = owner
    this.#acceptedAt = host.clock.monotonic()
    this.#since = this.#acceptedAt
    this.#msMax = door.detectionMsMax
  }

  open(): void {
    this.#below.on('error', failed)
    this.#below.on('close', this.#closed)
    if (this.#door.tlsFirst) this.#handshake(NOTHING)
    else this.#inside()
  }

  tick(nowMs: number): void {
    if (this.#requests > 0) this.#watchAnswer(nowMs)
    if (this.#over) return
    const msMax = this.#isLate(nowMs)
    if (msMax === 0) return
    this.#note('NEGOTIATION_FAILED', `${this.#missing} within ${msMax} ms`)
    this.#leaving = true
    this.destroy()
  }

  /** The limit that was reached; 0: none. A byte now and then moves none of them. */
  #isLate(nowMs: number): number {
    if (nowMs - this.#since >= this.#msMax) return this.#msMax
    if (this.#requests > 0 || this.#leaving) return 0
    const msMax = Math.max(ENTRANCE_MS_MAX, this.#door.detectionMsMax)
    return nowMs - this.#acceptedAt >= msMax ? msMax : 0
  }

  destroy(): void {
    this.#socket.destroy()
    this.#below.destroy()
  }

  /** Answers may take their time, but what is written must be taken. */
  #watchAnswer(nowMs: number): void {
    const { bytesWritten, writableLength } = this.#socket
    const sent = bytesWritten - writableLength
    if (writableLength > 0 && sent === this.#sent) return
    this.#sent = sent
    this.#since = nowMs
  }

  /** Where neither TLS nor anything else is in the way any more. */
  #inside(): void {
    if (this.#door.httpOnly) this.#http(NOTHING)
    else if (this.#door.rules === null)
      this.#enter(new SocketLink(this.#socket, this.#host.turn), this.#protocols, NOTHING)
    else {
      this.#limit(this.#door.detectionMsMax, 'no protocol')
      this.#first = NOTHING
      this.#socket.on('data', this.#heard)
    }
  }

  readonly #heard = (chunk: Buffer): void => {
    const first = this.#first.length === 0 ? chunk : Buffer.concat([this.#first, chunk])
    const found = recognise(first, this.#protocols)
    this.#first = first
    if (found === undefined) return
    this.#socket.off('data', this.#heard)
    this.#first = NOTHING
    switch (found.kind) {
      case 'protocol':
        return this.#enter(new SocketLink(this.#socket, this.#host.turn), [found.protocol], first)
      case 'http':
        return this.#http(first)
      case 'tls':
        return this.#handshake(first)
      case 'foreign':
        return this.#refuse(`${found.foreign.name} is not spoken here`, found.foreign.refusal(first))
      case 'unknown':
        return this.#refuse('the first bytes belong to no protocol that is spoken here', NOTHING)
      default:
        return found satisfies never
    }
  }

  #handshake(first: Buffer): void {
    const { tls } = this.#door
    if (this.#secure) {
      this.#refuse('TLS inside TLS', NOTHING)
    } else if (tls === null) {
      this.#refuse('the peer wants TLS, and there is no certificate: give the broker one', NO_TLS)
    } else {
      this.#limit(HANDSHAKE_MS_MAX, 'no TLS handshake')
      this.#handshaking = true
      this.#handBack(first)
      tls.enter(this.#below, {
        secured: (socket) => this.#secured(socket),
        insecure: (error) => {
          if (this.#over) return
          this.#note('NEGOTIATION_FAILED', `TLS handshake failed: ${error.message.trim()}`)
          this.#leaving = true
        },
      })
    }
  }

  #secured(socket: TLSSocket): void {
    if (this.#over) return
    this.#handshaking = false
    this.#secure = true
    this.#certificate = certificateOf(socket)
    this.#socket = socket
    socket.on('error', failed)
    this.#inside()
  }

  #http(first: Buffer): void {
    const { rules } = this.#door
    if (rules === null) return
    this.#limit(REQUEST_MS_MAX, 'no request')
    this.#handBack(first)
    const entered = (web: Web): void => {
      if (this.#over) return
      const socket = this.#socket
      web.enter(socket, {
        address: this.#address,
        rules,
        requested: () => {
          this.#requests++
          this.#limit(STALLED_MS_MAX, 'the answer was not taken')
        },
        answered: () => {
          // A client may ask again before it is answered.
          if (--this.#requests > 0) return
          this.#limit(REQUEST_MS_MAX, 'no further request')
          this.#acceptedAt = this.#since
        },
        upgraded: (link, protocol) => this.#enter(link, protocol === null ? this.#protocols : [protocol], NOTHING),
        refused: (reason) => this.#leave(reason),
      })
      socket.resume()
    }
    this.#host.web().then(entered, (error: unknown) => {
      this.#host.log.error({ peer: this.#address, reason: String(error) }, 'HTTP could not be loaded')
      this.destroy()
    })
  }

  /** For whoever reads next from the socket. */
  #handBack(first: Buffer): void {
    this.#socket.pause()
    if (first.length > 0) this.#socket.unshift(first)
  }

  #enter(link: Link, protocols: readonly Protocol[], first: Buffer): void {
    if (this.#over || this.#below.destroyed) return
    this.#over = true
    this.#below.off('close', this.#closed)
    const peer = {
      address: this.#address,
      connector: this.#connector,
      certificate: this.#certificate,
      acceptedAt: this.#acceptedAt,
    }
    this.#owner.entered(link, peer, protocols, first)
  }

  #refuse(reason: string, lastWords: Buffer): void {
    this.#leave(reason)
    this.#held = this.#owner.holds()
    if (this.#held) {
      this.#socket.pause()
      if (lastWords.length > 0) this.#socket.write(lastWords)
      return
    }
    this.#socket.end(lastWords)
    // What still comes is thrown away: closing before it is read could make the system throw away our last words instead.
    this.#socket.resume()
  }

  #leave(reason: string): void {
    if (this.#leaving) return
    this.#note('FRAME_INVALID', reason)
    this.#leaving = true
    this.#limit(FAREWELL_MS, '')
  }

  #limit(msMax: number, missing: string): void {
    this.#since = this.#host.clock.monotonic()
    this.#msMax = msMax
    this.#missing = missing
  }

  #note(code: string, reason: string): void {
    if (this.#leaving) return
    this.#host.log.warn({ peer: this.#address, connector: this.#connector, code, reason }, 'connection ended')
  }

  readonly #closed = (): void => {
    if (this.#over) return
    if (this.#handshaking) {
      // Node cuts who shows a certificate of an unknown signer without a word.
      this.#note('NEGOTIATION_FAILED', 'TLS handshake not finished: the peer went, or its certificate is not trusted')
    }
    this.#over = true
    this.#owner.left(this.#held)
  }
}

/** A fatal alert: handshake_failure. [RFC 8446 §6.2] */
const NO_TLS = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28])
