/**
 * A STOMP client that costs next to nothing, so that what is measured is the broker. Frames are built once; for each send only its
 * number is written into a copy, and many frames go out in one write. Of what comes back, frames are only counted: bodies have no NUL
 * in them, so a frame is a NUL.
 */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { News } from './news.ts'

const BATCH_MESSAGES = 64
const BATCHES = 8
/** Digits of the number in a receipt. */
const DIGITS = 10
const NUL = 0
const LF = 0x0a
const CR = 0x0d
/** Of `ERROR`. */
const E = 0x45

export class StompLoadClient {
  readonly #socket: Socket
  #frames = 0
  /** The next byte is the first of a frame, or an end of line in front of it. */
  #between = true
  #isError = false
  readonly #news = new News()
  readonly #batches = new Map<string, Batch[]>()
  /** Told when frames have come. */
  heard: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** `stomp://127.0.0.1:61613` */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<StompLoadClient> {
    const { hostname, port } = new URL(url.replace(/^[a-z]+:/, 'tcp:'))
    const socket = connectSocket({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    const client = new StompLoadClient(socket)
    socket.on('data', (chunk) => client.#receive(chunk))
    socket.on('error', (error) => client.#news.fail(error))
    socket.on('close', () => client.#news.fail(new Error('The broker closed the connection.')))
    const lines = Object.entries({ 'accept-version': '1.2', host: '/', ...headers }).map(
      ([name, value]) => `${name}:${value}\n`,
    )
    socket.write(`CONNECT\n${lines.join('')}\n\0`)
    await client.came(1)
    return client
  }

  /** Frames that came: CONNECTED, then RECEIPTs or MESSAGEs. */
  get frames(): number {
    return this.#frames
  }

  /** Resolves when so many frames have come. */
  async came(count: number): Promise<void> {
    while (this.#frames < count) await this.#news.next()
  }

  /**
   * Sends persistent messages of `bytes` bytes until `over` says so. `window`: how many may be without their receipt at a time; 0: no
   * receipts are asked for, but the last one's. `allowed`: how many may be sent in all as things stand; it is asked again after `wake`.
   * Returns the number of messages, all of them taken by the broker.
   */
  async send(
    destination: string,
    bytes: number,
    window: number,
    over: (sent: number) => boolean,
    allowed: () => number = () => Number.POSITIVE_INFINITY,
  ): Promise<number> {
    const free = [...this.#prepared(destination, bytes, window > 0)]
    const before = this.#frames
    let sent = 0
    let last = false
    while (!last) {
      this.#news.check()
      const answered = this.#frames - before
      const room = Math.min(BATCH_MESSAGES, window === 0 ? allowed() - sent : window - (sent - answered))
      const batch = room > 0 ? free.pop() : undefined
      if (batch === undefined) {
        await this.#news.next()
        continue
      }
      last = over(sent)
      const count = last ? 1 : room
      const frames = last && window === 0 ? new Batch(destination, bytes, true).fill(1, sent) : batch.fill(count, sent)
      sent += count
      this.#socket.write(frames, () => {
        free.push(batch)
        this.wake()
      })
    }
    await this.came(before + (window > 0 ? sent : 1))
    return sent
  }

  /** Every message that comes counts as consumed. */
  async subscribe(destination: string): Promise<void> {
    const { frames } = this
    this.write(`SUBSCRIBE\nid:1\ndestination:${destination}\nack:auto\nreceipt:s\n\n\0`)
    await this.came(frames + 1)
  }

  write(frame: string): void {
    this.#socket.write(frame)
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #prepared(destination: string, bytes: number, receipts: boolean): Batch[] {
    const key = `${receipts} ${bytes} ${destination}`
    let batches = this.#batches.get(key)
    if (batches === undefined) {
      batches = Array.from({ length: BATCHES }, () => new Batch(destination, bytes, receipts))
      this.#batches.set(key, batches)
    }
    return batches
  }

  #receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#between) {
        const byte = chunk[at]
        if (byte === LF || byte === CR) {
          at++
          continue
        }
        this.#between = false
        this.#isError = byte === E
      }
      const end = chunk.indexOf(NUL, at)
      if (this.#isError)
        this.#news.fail(new Error(`The broker answered: ${chunk.toString('utf8', at, end < 0 ? chunk.length : end)}`))
      if (end < 0) break
      this.#frames++
      this.#between = true
      at = end + 1
    }
    this.wake()
    this.heard()
  }

  /** Something may have changed for who waits. */
  wake(): void {
    this.#news.wake()
  }
}

/** Frames side by side that are written over and over, each time with other numbers. */
class Batch {
  readonly #frames: Buffer
  readonly #length: number
  /** Where the last digit is; 0: there is none. */
  readonly #digitAt: number

  constructor(destination: string, bytes: number, receipts: boolean) {
    const head = `SEND\ndestination:${destination}\npersistent:true\ncontent-length:${bytes}\n`
    const receipt = receipts ? `receipt:${'0'.repeat(DIGITS)}\n` : ''
    const frame = Buffer.concat([Buffer.from(`${head}${receipt}\n`), Buffer.alloc(bytes, 'Millrace '), Buffer.of(NUL)])
    this.#length = frame.length
    this.#digitAt = receipts ? head.length + receipt.length - 2 : 0
    this.#frames = Buffer.concat(Array.from({ length: BATCH_MESSAGES }, () => frame))
  }

  /** The first `count` frames, numbered from `sent + 1`. */
  fill(count: number, sent: number): Buffer {
    const frames = this.#frames
    if (this.#digitAt > 0) {
      for (let i = 0; i < count; i++) {
        let at = i * this.#length + this.#digitAt
        let digits = DIGITS
        for (let rest = sent + i + 1; digits-- > 0; rest = Math.floor(rest / 10)) frames[at--] = 0x30 + (rest % 10)
      }
    }
    return frames.subarray(0, count * this.#length)
  }
}
