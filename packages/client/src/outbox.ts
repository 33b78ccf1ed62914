import { ByteWriter } from '@millrace/base'
import { FrameReader, type OpenWireMessage, VERSION_MAX, WireFormat } from '@millrace/openwire'
import { crc32 } from 'node:zlib'
import { type Destination, destinationFromWire } from './destination.ts'
import { AlreadyClosedError, JMSError, localError, ResourceAllocationError } from './errors.ts'
import { TypedEmitter } from './events.ts'
import { type LocalLog, openLocalLog } from './local-file.ts'
import { copyOf, DeliveryMode, type Message } from './messages/message.ts'
import { receivedMessage } from './messages/receive.ts'
import type { MessageProducer } from './producer.ts'
import { DONE } from './reply.ts'
import type { Session } from './session.ts'

/** Limits of an outbox. */
export interface OutboxOptions {
  /** Bytes that may wait; one more message rejects with ResourceAllocationError. 67108864. */
  bytesMax?: number
}

/** How one message of an outbox is sent. */
export interface OutboxSendOptions {
  deliveryMode?: DeliveryMode
  /** 0 to 9; 4. */
  priority?: number
  /** ms from now on, not from when it is sent; 0: never dead. */
  timeToLive?: number
}

/** What an outbox tells its listeners. */
export interface OutboxEvents {
  /** The broker refused it: it stays in the file, and is tried again when the outbox is opened the next time. */
  refused: { readonly message: Message; readonly error: JMSError }
  /** Nothing waits any more. */
  drained: undefined
}

/** Text property of every message that went through an outbox: the same when it is sent twice. A key for `idempotent`. */
export const OUTBOX_ID = 'MillraceOutboxId'

const BYTES_MAX = 67_108_864
/** What is done is taken out of the file when it is this much, and more than what waits. */
const GARBAGE_BYTES = 1_048_576

// A record: length:4 of what follows the checksum, crc32:4, kind:1, number:4, and of what waits the frame of its message.
const HEAD = 8
const BODY = 5
const Kind = { Waits: 1, Done: 2 } as const

/** Written like this whatever broker there is. */
const FORMAT = {
  version: VERSION_MAX,
  tightEncodingEnabled: false,
  cacheEnabled: false,
  cacheSize: 0,
  stackTraceEnabled: false,
  sizePrefixDisabled: false,
  maxFrameSize: 0x7fff_ffff,
} as const

/**
 * Keeps messages in a file of this machine until a broker has confirmed them, also over the end of the process: for places
 * where the broker is away for hours. `put` resolves when the message is on disk; it is sent in the order of the calls as soon
 * as there is a broker. Use a session of its own, of a `failover:` connection.
 *
 * What was confirmed just before a crash may be sent again: its property `MillraceOutboxId` is then the same. One process at a
 * time may have the file. `await using` closes it at the end of the block; what waits then stays in the file.
 */
export class Outbox extends TypedEmitter<OutboxEvents> implements AsyncDisposable {
  readonly #session: Session
  readonly #producer: MessageProducer
  readonly #log: LocalLog
  readonly #bytesMax: number
  /** Records by number, in order. */
  readonly #waiting = new Map<number, Buffer>()
  readonly #sending = new Set<number>()
  #waitingBytes = 0
  #fileBytes: number
  #number = 0
  /** Gathers while the last write is under way. */
  #batch: Buffer[] = []
  #next: Promise<void> | null = null
  #writing: Promise<void> = DONE
  #broken: JMSError | null = null
  #closed = false

  private constructor(session: Session, producer: MessageProducer, log: LocalLog, options: OutboxOptions) {
    super(session.connection.settings.log)
    this.#session = session
    this.#producer = producer
    this.#log = log
    this.#fileBytes = 0
    this.#bytesMax = options.bytesMax ?? BYTES_MAX
  }

  /** Opens the file, or makes it, and begins to send what waits in it. Half a record at its end is cut off. */
  static async open(session: Session, path: string, options: OutboxOptions = {}): Promise<Outbox> {
    const log = await openLocalLog(path)
    try {
      const outbox = new Outbox(session, await session.createProducer(), log, options)
      await outbox.#recover(await log.read())
      for (const [number, record] of outbox.#waiting) outbox.#send(number, messageIn(record))
      return outbox
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Messages that no broker has confirmed yet. */
  get count(): number {
    return this.#waiting.size
  }

  /** Resolves when the message is on disk. Rejects with ResourceAllocationError when too much waits. */
  async put(destination: Destination, message: Message, options: OutboxSendOptions = {}): Promise<void> {
    if (this.#closed) throw new AlreadyClosedError('the outbox is closed')
    const { clock, ids, useCompression } = this.#session.connection.settings
    message.setStringProperty(OUTBOX_ID, ids.next('outbox'))
    const wire = copyOf(message.encoded(useCompression))
    const { deliveryMode = DeliveryMode.PERSISTENT, priority = 4, timeToLive = 0 } = options
    wire.destination = destination.wire
    wire.persistent = deliveryMode === DeliveryMode.PERSISTENT
    wire.priority = priority
    wire.expiration = timeToLive > 0 ? clock.now() + timeToLive : 0
    const number = ++this.#number
    const record = recordOf(Kind.Waits, number, frameOf(wire))
    if (this.#waiting.size > 0 && this.#waitingBytes + record.length > this.#bytesMax) {
      throw new ResourceAllocationError(
        `${this.#waiting.size} messages (${this.#waitingBytes} bytes) wait in the outbox`,
      )
    }
    this.#waiting.set(number, record)
    this.#waitingBytes += record.length
    try {
      await this.#append(record)
    } catch (error) {
      this.#waiting.delete(number)
      this.#waitingBytes -= record.length
      throw error
    }
    this.#send(number, wire)
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.once('drained', () => resolve()))
    await this.#written()
  }

  /** Stops sending; what is not confirmed stays in the file. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#written()
    await this.#log.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #written(): Promise<void> {
    await (this.#next ?? this.#writing).catch(() => {})
  }

  async #recover(bytes: Buffer): Promise<void> {
    let at = 0
    for (let record = recordAt(bytes, at); record !== null; record = recordAt(bytes, at)) {
      at += record.length
      const number = record.readUInt32BE(HEAD + 1)
      if (record[HEAD] === Kind.Waits) this.#waiting.set(number, Buffer.from(record))
      else this.#waiting.delete(number)
      this.#number = Math.max(this.#number, number)
    }
    for (const record of this.#waiting.values()) this.#waitingBytes += record.length
    this.#fileBytes = at
    if (at < bytes.length) await this.#log.truncate(at)
  }

  #send(number: number, wire: OpenWireMessage): void {
    if (this.#closed || this.#sending.has(number)) return
    this.#sending.add(number)
    const { connection } = this.#session
    const message = receivedMessage(copyOf(wire), connection.messageSettings)
    const expiration = Number(wire.expiration)
    const lifeMs = expiration > 0 ? Math.max(1, expiration - connection.settings.clock.now()) : 0
    const deliveryMode = wire.persistent ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT
    const options = { deliveryMode, priority: wire.priority, timeToLive: lifeMs, confirm: true }
    const destination = wire.destination
    if (destination === null) return
    this.#producer.send(destinationFromWire(destination), message, options).then(
      () => this.#confirmed(number),
      (error: unknown) => this.#refused(message, localError(error)),
    )
  }

  #confirmed(number: number): void {
    const record = this.#waiting.get(number)
    if (record === undefined) return
    this.#waiting.delete(number)
    this.#sending.delete(number)
    this.#waitingBytes -= record.length
    if (this.#waiting.size === 0) this.emit('drained', undefined)
    if (!this.#closed) this.#append(recordOf(Kind.Done, number, null)).catch((error: unknown) => this.#failed(error))
  }

  #refused(message: Message, error: JMSError): void {
    // Whoever closes knows; and what was not sent is tried again by the next outbox.
    if (!this.#closed && !this.#session.connection.gone) this.emit('refused', { message, error })
  }

  #failed(error: unknown): void {
    this.#session.connection.report(localError(error))
  }

  /** What comes while a write is under way goes with the next one: one sync for all. */
  #append(record: Buffer): Promise<void> {
    this.#batch.push(record)
    this.#next ??= this.#write(this.#writing)
    return this.#next
  }

  async #write(before: Promise<void>): Promise<void> {
    await before.catch(() => {})
    this.#writing = this.#next ?? DONE
    this.#next = null
    const bytes = Buffer.concat(this.#batch)
    this.#batch = []
    // Behind half a record nothing would be found again.
    if (this.#broken !== null) throw this.#broken
    try {
      const garbage = this.#fileBytes + bytes.length - this.#waitingBytes
      if (garbage > GARBAGE_BYTES && garbage > this.#waitingBytes) {
        const kept = Buffer.concat([...this.#waiting.values()])
        await this.#log.replace(kept)
        this.#fileBytes = kept.length
      } else {
        await this.#log.append(bytes)
        this.#fileBytes += bytes.length
      }
    } catch (error) {
      this.#broken = new JMSError('the outbox could not be written', { cause: error, code: 'OUTBOX' })
      throw this.#broken
    }
  }
}

function frameOf(wire: OpenWireMessage): Buffer {
  const writer = new ByteWriter(1024)
  new WireFormat(FORMAT).marshal(wire, writer)
  return Buffer.from(writer.take())
}

function messageIn(record: Buffer): OpenWireMessage {
  let found: OpenWireMessage | null = null
  new FrameReader(new WireFormat(FORMAT)).receive(record.subarray(HEAD + BODY), {
    command: (command) => {
      found = command as OpenWireMessage
    },
  })
  if (found === null) throw new JMSError('a record of the outbox holds no message', { code: 'OUTBOX' })
  return found
}

function recordOf(kind: number, number: number, frame: Buffer | null): Buffer {
  const record = Buffer.alloc(HEAD + BODY + (frame?.length ?? 0))
  record.writeUInt32BE(record.length - HEAD, 0)
  record[HEAD] = kind
  record.writeUInt32BE(number, HEAD + 1)
  frame?.copy(record, HEAD + BODY)
  record.writeUInt32BE(crc32(record.subarray(HEAD)), 4)
  return record
}

/** null: the end, or what a crash has left of a record. */
function recordAt(bytes: Buffer, at: number): Buffer | null {
  if (bytes.length - at < HEAD + BODY) return null
  const length = bytes.readUInt32BE(at)
  if (length < BODY || length > bytes.length - at - HEAD) return null
  const record = bytes.subarray(at, at + HEAD + length)
  return crc32(record.subarray(HEAD)) === record.readUInt32BE(4) ? record : null
}
