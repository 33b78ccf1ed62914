import { assert, ByteWriter, type Clock, type Logger, SpareBuffers, type Task, type Turn } from '@millrace/base'
import type { WireFormatInfo } from '@millrace/openwire'
import {
  type Command,
  type CommandReceiver,
  type DataStructure,
  DataType,
  FrameReader,
  initialFormat,
  KeepAliveInfo,
  negotiate,
  type Offer,
  WireFormat,
  wireFormatInfo,
  wireFormatProperties,
} from '@millrace/openwire'
import {
  ConfigurationError,
  ConnectionFailedError,
  InactivityError,
  JMSError,
  localError,
  RequestTimedOutError,
  TransportDisposedError,
} from '../errors.ts'
import type { TransportOptions, WireFormatOfferOptions } from '../options.ts'
import { Beat } from './beats.ts'
import type { Link, LinkListener, OpenLink } from './link.ts'
import type { AgreedLink, Transport, TransportListener } from './transport.ts'

export interface WireContext {
  readonly clock: Clock
  readonly turn: Turn
  readonly log: Logger
  readonly wireFormat: WireFormatOfferOptions
  readonly transport: TransportOptions
}

const CONNECTION_TIMEOUT_MS = 30_000
const NEGOTIATION_TIMEOUT_MS = 10_000
const HIGH_WATER_BYTES = 262_144
/** Within a turn, what has gathered goes out when it is this much: the buffer need not grow beyond. */
const FLUSH_BYTES = 65_536
const SLOW_CHECK_MS = 5_000
/** A connection has a buffer only from its first unwritten command to the end of the write: idle ones share these. */
const SPARES_MAX = 16
const spares: SpareBuffers = /* @__PURE__ */ new SpareBuffers(FLUSH_BYTES, SPARES_MAX)

/** Opens a link, negotiates, and returns what speaks OpenWire over it. */
export async function openWire(
  address: string,
  open: OpenLink,
  context: WireContext,
  listener: TransportListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const transport = new WireTransport(address, context, listener)
  const ending = new AbortController()
  const timeoutMs = context.transport.connectionTimeout ?? CONNECTION_TIMEOUT_MS
  const cancel =
    timeoutMs > 0
      ? context.clock.after(timeoutMs, () => {
          ending.abort(new RequestTimedOutError(`no connection to ${address} within ${timeoutMs} ms`))
        })
      : () => {}
  const abort = (): void => ending.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  try {
    const link = await open(transport, ending.signal)
    cancel()
    await transport.begin(link, ending.signal)
    return transport
  } catch (error) {
    transport.close()
    if (error instanceof ConfigurationError) throw error
    const text = error instanceof Error && error.message !== '' ? error.message : String(error)
    throw new ConnectionFailedError(`no connection to ${address}: ${text}`, { cause: error })
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * OpenWire over one link. Commands are encoded into a standing buffer when they are sent, and the buffer is written once
 * at the end of the turn, whatever has gathered: that makes pipelined sends cheap.
 */
class WireTransport implements Transport, LinkListener, CommandReceiver, Task {
  readonly address: string
  readonly faultTolerant = false
  readonly keepsCommands = false
  readonly interrupted = false
  readonly waitingCommands = 0
  queued = false
  blocked = false
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #log: Logger
  readonly #options: TransportOptions
  readonly #listener: TransportListener
  readonly #highWaterBytes: number
  readonly #negotiationMs: number
  readonly #offer: WireFormatInfo
  readonly #writer = new ByteWriter(FLUSH_BYTES, spares)
  readonly #frames = new FrameReader(initialFormat())
  #format: WireFormat = this.#frames.format
  #agreed: AgreedLink | null = null
  #link: Link | null = null
  /** Came before anybody waited for it: a WebSocket may bring its first message together with the news that it is open. */
  readonly #early: Buffer[] = []
  #closed = false
  #negotiated: { resolve: () => void; reject: (error: unknown) => void } | null = null
  readonly #beats: Beat[] = []
  /** Since the last check. */
  #sent = false
  #received = false
  #slowSince: number | null = null

  constructor(address: string, context: WireContext, listener: TransportListener) {
    this.address = address
    this.#clock = context.clock
    this.#turn = context.turn
    this.#log = context.log
    this.#options = context.transport
    this.#listener = listener
    this.#highWaterBytes = context.transport.ioBufferSize ?? HIGH_WATER_BYTES
    this.#negotiationMs = context.wireFormat.maxInactivityDurationInitalDelay || NEGOTIATION_TIMEOUT_MS
    this.#offer = wireFormatInfo(offerOf(context.wireFormat))
  }

  get agreed(): AgreedLink {
    assert(this.#agreed !== null, 'asked for what was agreed before it was')
    return this.#agreed
  }

  /** Both sides say what they can; the peer's word is waited for. */
  begin(link: Link, signal: AbortSignal): Promise<void> {
    this.#link = link
    return new Promise((resolve, reject) => {
      const limitMs = this.#negotiationMs
      const cancel = this.#clock.after(limitMs, () => {
        this.#fail(new RequestTimedOutError(`${this.address} did not say what it speaks within ${limitMs} ms`))
      })
      const aborted = (): void => this.#fail(signal.reason)
      signal.addEventListener('abort', aborted, { once: true })
      const end = (): void => {
        cancel()
        signal.removeEventListener('abort', aborted)
        this.#negotiated = null
      }
      this.#negotiated = {
        resolve: () => {
          end()
          resolve()
        },
        reject: (error) => {
          end()
          reject(error)
        },
      }
      this.#format.marshal(this.#offer, this.#writer)
      this.#flush()
      for (const chunk of this.#early.splice(0)) this.received(chunk)
    })
  }

  send(command: Command): boolean {
    if (this.#closed) throw new TransportDisposedError(`${this.address} is closed`)
    if (this.#options.trace === true) this.#log.debug({ command, address: this.address }, 'sent')
    this.#format.marshal(command, this.#writer)
    this.#sent = true
    if (this.#writer.length >= FLUSH_BYTES) this.#flush()
    else this.#turn.output(this)
    if (this.#writer.length + (this.#link?.waiting ?? 0) > this.#highWaterBytes) this.blocked = true
    return !this.blocked
  }

  /** The end of the turn. */
  run(): void {
    this.#flush()
  }

  #flush(): void {
    const link = this.#link
    if (link === null || this.#closed || this.#writer.length === 0) return
    link.write(this.#writer.take())
  }

  giveUp(): Command[] {
    return []
  }

  close(): void {
    if (this.#closed) return
    this.#flush()
    this.#closed = true
    this.#stopBeats()
    this.#link?.end()
  }

  ref(): void {
    this.#link?.ref()
  }

  unref(): void {
    this.#link?.unref()
  }

  // From the link.

  received(chunk: Buffer): void {
    if (this.#link === null) {
      this.#early.push(chunk)
      return
    }
    if (this.#closed) return
    this.#received = true
    try {
      this.#frames.receive(chunk, this)
    } catch (error) {
      this.#fail(error)
    }
  }

  drained(): void {
    const link = this.#link
    // What was taken has been written: the standing buffer can be filled from its beginning again, by anyone.
    if (link !== null && link.reusable && this.#writer.length === 0) this.#writer.rewind()
    this.#slowSince = null
    if (!this.blocked || this.#closed) return
    this.blocked = false
    this.#listener.drained()
  }

  closed(error: Error | null): void {
    this.#fail(error ?? new JMSError(`${this.address} closed the connection`, { code: 'CLOSED_BY_PEER' }))
  }

  // From the frames.

  command(command: DataStructure | null): void {
    if (command === null || this.#closed) return
    if (this.#options.trace === true) this.#log.debug({ command, address: this.address }, 'received')
    if (this.#agreed === null) this.#agree(command)
    else if (command.dataType === DataType.KeepAliveInfo) this.#answer(command)
    else this.#listener.command(command)
  }

  #agree(command: DataStructure): void {
    if (command.dataType !== DataType.WireFormatInfo) {
      throw new JMSError(`${this.address} began with something else than WireFormatInfo`, {
        code: 'NEGOTIATION_FAILED',
      })
    }
    const agreed = negotiate(this.#offer, command)
    const versionMin = this.#options.minimumWireFormatVersion ?? 1
    if (agreed.version < versionMin) {
      throw new JMSError(`${this.address} speaks OpenWire ${agreed.version}, at least ${versionMin} is wanted`, {
        code: 'NEGOTIATION_FAILED',
      })
    }
    const { providerName, providerVersion } = wireFormatProperties(command)
    const known: AgreedLink = { ...agreed, provider: { name: providerName, version: providerVersion } }
    this.#agreed = known
    this.#format = new WireFormat(agreed)
    this.#frames.format = this.#format
    this.#link?.setNoDelay(this.#options.tcpNoDelay ?? agreed.tcpNoDelayEnabled)
    this.#startBeats(known)
    this.#negotiated?.resolve()
  }

  #answer(command: KeepAliveInfo): void {
    if (!command.responseRequired) return
    const answer = new KeepAliveInfo()
    answer.commandId = command.commandId
    this.send(answer)
  }

  #startBeats(agreed: AgreedLink): void {
    const writeLimitMs = this.#options.soWriteTimeout ?? 0
    if (writeLimitMs > 0) this.#beat(new Beat(() => this.#checkSlow(writeLimitMs)), SLOW_CHECK_MS)
    const readMs = agreed.maxInactivityDuration
    if (readMs <= 0 || this.#options.useInactivityMonitor === false) return
    const writeMs = readMs > 3 ? Math.floor(readMs / 3) : readMs
    const initial = new Beat(() => {
      initial.stop()
      this.#watch(readMs, writeMs)
    })
    this.#beat(initial, agreed.maxInactivityDurationInitialDelay)
  }

  #watch(readMs: number, writeMs: number): void {
    let checkedAt = this.#clock.monotonic()
    this.#received = false
    this.#sent = false
    const silence = new Beat(() => {
      const now = this.#clock.monotonic()
      // A program that was busy for long has not looked at its socket either: that silence proves nothing.
      const late = now - checkedAt > 1.5 * readMs
      checkedAt = now
      if (!this.#received && !late) this.#fail(new InactivityError(`${this.address} was silent for ${readMs} ms`))
      this.#received = false
    })
    this.#beat(silence, readMs)
    if (this.#options.useKeepAlive === false) return
    const keepAlive = new Beat(() => {
      if (!this.#sent) this.#keepAlive()
      this.#sent = false
    })
    this.#beat(keepAlive, writeMs)
  }

  #keepAlive(): void {
    try {
      this.send(new KeepAliveInfo())
    } catch (error) {
      this.#fail(error)
    }
  }

  #beat(beat: Beat, periodMs: number): void {
    beat.start(this.#clock, periodMs)
    this.#beats.push(beat)
  }

  #checkSlow(limitMs: number): void {
    if ((this.#link?.waiting ?? 0) === 0) {
      this.#slowSince = null
      return
    }
    const now = this.#clock.monotonic()
    this.#slowSince ??= now
    if (now - this.#slowSince >= limitMs) {
      this.#fail(new JMSError(`${this.address} took nothing for ${limitMs} ms`, { code: 'WRITE_TIMEOUT' }))
    }
  }

  #stopBeats(): void {
    for (const beat of this.#beats) beat.stop()
    this.#beats.length = 0
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopBeats()
    this.#link?.destroy()
    if (this.#negotiated !== null) this.#negotiated.reject(error)
    else this.#listener.failed(localError(error))
  }
}

function offerOf(options: WireFormatOfferOptions): Offer {
  const { maxInactivityDurationInitalDelay, maxFrameSizeEnabled, maxFrameSize, ...rest } = options
  const { version = 12, cacheSize = 1024 } = options
  if (!Number.isInteger(version) || version < 1 || version > 12) {
    throw new ConfigurationError(`option "wireFormat.version" is 1 to 12, got ${version}`)
  }
  if (cacheSize < 100 && cacheSize !== 0) {
    throw new ConfigurationError(`option "wireFormat.cacheSize" is 0 or at least 100, got ${cacheSize}`)
  }
  // What the model system's client offers: its brokers read these faster. Both sides have to want them, and Millrace does not.
  const offer: Offer = { cacheEnabled: true, tightEncodingEnabled: true, ...rest }
  if (maxInactivityDurationInitalDelay !== undefined) {
    offer.maxInactivityDurationInitialDelay = maxInactivityDurationInitalDelay
  }
  if (maxFrameSizeEnabled === false) offer.maxFrameSize = 0
  else if (maxFrameSize !== undefined) offer.maxFrameSize = Math.min(maxFrameSize, Number.MAX_SAFE_INTEGER)
  return offer
}
