import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'

/** A frame as it came. */
export interface StompFrame {
  readonly command: string
  /** Unescaped, the first of each name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export type StompVersion = '1.0' | '1.1' | '1.2'

interface Waiting {
  readonly command: string | null
  found(frame: StompFrame): void
  failed(error: Error): void
}

const LF = 0x0a

/**
 * A STOMP peer that does only what a test tells it: frames over a real socket, nothing by itself. Written from the text of
 * the protocol, without a line of the broker's. What comes in is kept in order until somebody takes it.
 */
export class LineClient {
  readonly socket: Socket
  /** Fulfilled when the broker has closed its side and the socket is gone. */
  readonly closed: Promise<void>
  /** Came in and was not taken yet. */
  readonly received: StompFrame[] = []
  /** Ends of line that came between frames, besides one behind each. */
  heartBeats = 0
  version: StompVersion = '1.0'
  #bytes: Buffer = Buffer.alloc(0)
  /** The one that follows a frame is no heart-beat. */
  #behindFrame = false
  #waiting: Waiting[] = []
  #beatWaiting: (() => void)[] = []
  #gone = false
  #receipts = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#gone = true
        for (const waiting of this.#waiting.splice(0)) waiting.failed(new Error('the broker has closed the connection'))
        resolve()
      })
    })
  }

  /** Opens a socket, and says nothing. */
  static open(address: string): Promise<LineClient> {
    const url = new URL(address.replace(/^[a-z+]+:/, 'tcp:'))
    const socket = connect(Number(url.port), url.hostname)
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => resolve(new LineClient(socket)))
    })
  }

  /** Connects, and takes CONNECTED. */
  static async connect(
    address: string,
    version: StompVersion = '1.2',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<LineClient> {
    const client = await LineClient.open(address)
    const connected = await client.introduce(version, headers)
    assert.equal(connected.headers['version'], version)
    return client
  }

  async introduce(version: StompVersion, headers: Readonly<Record<string, string>> = {}): Promise<StompFrame> {
    const accepting: Record<string, string> = version === '1.0' ? {} : { 'accept-version': version, host: 'here' }
    this.send('CONNECT', { ...accepting, ...headers })
    const connected = await this.take('CONNECTED')
    this.version = version
    return connected
  }

  send(command: string, headers: Readonly<Record<string, string>> = {}, body: string | Buffer = ''): void {
    const lines = Object.entries(headers).map(([name, value]) => `${this.#escape(name)}:${this.#escape(value)}\n`)
    this.write(Buffer.concat([Buffer.from(`${command}\n${lines.join('')}\n`), Buffer.from(body), Buffer.from([0])]))
  }

  /** The same, and the answer to it. */
  async ask(
    command: string,
    headers: Readonly<Record<string, string>> = {},
    body: string | Buffer = '',
  ): Promise<void> {
    const receipt = `r-${++this.#receipts}`
    this.send(command, { ...headers, receipt }, body)
    const answer = await this.take('RECEIPT')
    assert.equal(answer.headers['receipt-id'], receipt)
  }

  /** The same, and why it failed. */
  async fail(
    command: string,
    headers: Readonly<Record<string, string>> = {},
    body: string | Buffer = '',
  ): Promise<StompFrame> {
    const receipt = `r-${++this.#receipts}`
    this.send(command, { ...headers, receipt }, body)
    const answer = await this.take('ERROR')
    assert.equal(answer.headers['receipt-id'], receipt)
    return answer
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes)
  }

  /** The next frame, or the next of that command. */
  take(command: string | null = null): Promise<StompFrame> {
    const index = this.received.findIndex((frame) => command === null || frame.command === command)
    const [found] = index < 0 ? [] : this.received.splice(index, 1)
    if (found !== undefined) return Promise.resolve(found)
    if (this.#gone) return Promise.reject(new Error('the broker has closed the connection'))
    return new Promise((resolve, reject) => this.#waiting.push({ command, found: resolve, failed: reject }))
  }

  message(): Promise<StompFrame> {
    return this.take('MESSAGE')
  }

  error(): Promise<StompFrame> {
    return this.take('ERROR')
  }

  /** Nothing was delivered: what was going to be is there when the broker has answered twice. */
  async nothing(): Promise<void> {
    for (let i = 0; i < 2; i++) await this.ask('SEND', { destination: '/topic/nobody' })
    assert.deepEqual(
      this.received.filter(({ command }) => command === 'MESSAGE').map(({ body }) => body.toString()),
      [],
    )
  }

  /** The bodies of the next messages. */
  async bodies(count: number): Promise<string[]> {
    const bodies: string[] = []
    for (let i = 0; i < count; i++) bodies.push((await this.message()).body.toString())
    return bodies
  }

  /** Acknowledges, or refuses, as the version has it; the answer is awaited. */
  settle(command: 'ACK' | 'NACK', { headers }: StompFrame, more: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.ask(command, { ...this.deliveryOf(headers), ...more })
  }

  deliveryOf(headers: StompFrame['headers']): Record<string, string> {
    if (this.version === '1.2') return { id: headers['ack'] ?? '' }
    return { 'message-id': headers['message-id'] ?? '', subscription: headers['subscription'] ?? '' }
  }

  /** The next end of line that is not part of a frame. */
  heartBeat(): Promise<void> {
    return new Promise((resolve) => this.#beatWaiting.push(resolve))
  }

  /** Says goodbye, and waits until the socket is gone. */
  async leave(): Promise<void> {
    this.send('DISCONNECT', { receipt: 'goodbye' })
    const answer = await this.take('RECEIPT')
    assert.equal(answer.headers['receipt-id'], 'goodbye')
    this.socket.end()
    await this.closed
  }

  /** Goes without a word. */
  async vanish(): Promise<void> {
    this.socket.destroy()
    await this.closed
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    for (;;) {
      while (this.#bytes[0] === LF) {
        this.#bytes = this.#bytes.subarray(1)
        if (this.#behindFrame) this.#behindFrame = false
        else {
          this.heartBeats++
          for (const told of this.#beatWaiting.splice(0)) told()
        }
      }
      const frame = this.#frame()
      if (frame === null) return
      this.#behindFrame = true
      const index = this.#waiting.findIndex(({ command }) => command === null || command === frame.command)
      const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1)
      if (waiting === undefined) this.received.push(frame)
      else waiting.found(frame)
    }
  }

  #frame(): StompFrame | null {
    const head = this.#bytes.indexOf('\n\n')
    if (head < 0) return null
    const [command = '', ...lines] = this.#bytes.toString('utf8', 0, head).split('\n')
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      assert.ok(colon > 0, `a header line without colon: ${line}`)
      const name = this.#unescape(line.slice(0, colon))
      if (!Object.hasOwn(headers, name)) headers[name] = this.#unescape(line.slice(colon + 1))
    }
    const length = headers['content-length']
    const start = head + 2
    const end = length === undefined ? this.#bytes.indexOf(0, start) : start + Number(length)
    if (end < 0 || end >= this.#bytes.length) return null
    assert.equal(this.#bytes[end], 0, 'a frame ends with NUL')
    const body = Buffer.from(this.#bytes.subarray(start, end))
    this.#bytes = this.#bytes.subarray(end + 1)
    return { command, headers, body }
  }

  #escape(text: string): string {
    if (this.version === '1.0') return text
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(':', '\\c')
    return this.version === '1.1' ? escaped : escaped.replaceAll('\r', '\\r')
  }

  #unescape(text: string): string {
    if (this.version === '1.0') return text
    return text.replace(/\\(.)/g, (whole, letter: string) => {
      const meant = { n: '\n', c: ':', '\\': '\\', ...(this.version === '1.2' ? { r: '\r' } : {}) }
      return (meant as Record<string, string>)[letter] ?? whole
    })
  }
}
