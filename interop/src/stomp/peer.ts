/** A connection of a foreign library as a test wants it: each request is answered before the next, messages wait to be taken. */
import assert from 'node:assert/strict'
import type { Buffer } from 'node:buffer'
import type { ConnectOptions, Headers, StompFrame, StompParty, StompVersion, StompWire } from './wire.ts'

/** How long what must come is waited for. It bounds a failing run, no passing one. */
const PATIENCE_MS = 20_000

/** An ERROR of the broker, or the end of the connection. */
export class StompError extends Error {
  readonly frame: StompFrame | null

  constructor(message: string, frame: StompFrame | null = null) {
    super(message)
    this.name = 'StompError'
    this.frame = frame
  }
}

/** What came and nobody has taken yet, and who waits for more. */
export class Inbox<T> {
  readonly waiting: T[] = []
  #takers: { resolve(value: T): void; reject(error: Error): void }[] = []
  #over: Error | null = null

  put(value: T): void {
    const taker = this.#takers.shift()
    if (taker === undefined) this.waiting.push(value)
    else taker.resolve(value)
  }

  end(error: Error): void {
    this.#over = error
    for (const taker of this.#takers.splice(0)) taker.reject(error)
  }

  take(what = 'Nothing came'): Promise<T> {
    const value = this.waiting.shift()
    if (value !== undefined) return Promise.resolve(value)
    if (this.#over !== null) return Promise.reject(this.#over)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#takers = this.#takers.filter((one) => one !== taker)
        reject(new StompError(`${what} within ${PATIENCE_MS / 1000} s`))
      }, PATIENCE_MS)
      const settle =
        <V>(then: (value: V) => void) =>
        (value: V): void => {
          clearTimeout(timer)
          then(value)
        }
      const taker = { resolve: settle(resolve), reject: settle(reject) }
      this.#takers.push(taker)
    })
  }
}

export class StompSubscription {
  readonly id: string
  readonly destination: string
  readonly messages: Inbox<StompFrame> = new Inbox()

  constructor(id: string, destination: string) {
    this.id = id
    this.destination = destination
  }

  next(): Promise<StompFrame> {
    return this.messages.take('No message')
  }

  async texts(count: number): Promise<string[]> {
    const texts: string[] = []
    for (let i = 0; i < count; i++) texts.push((await this.next()).body.toString())
    return texts
  }
}

export class StompPeer {
  readonly version: StompVersion
  readonly beats: Inbox<true> = new Inbox()
  /** ERROR frames that answer nothing. */
  readonly errors: Inbox<StompFrame> = new Inbox()
  connected: Headers = {}
  readonly ended: Promise<void>
  #wire: StompWire | null = null
  #over: (() => void) | null = null
  readonly #first: Inbox<StompFrame> = new Inbox()
  #introduced = false
  #receipts = 0
  /** By receipt, in the order of asking. */
  readonly #pending = new Map<string, Inbox<StompFrame>>()
  readonly #subscriptions = new Map<string, StompSubscription>()
  #names = 0

  private constructor(version: StompVersion) {
    this.version = version
    this.ended = new Promise((resolve) => {
      this.#over = resolve
    })
  }

  static async connect(party: StompParty, url: string, options: ConnectOptions): Promise<StompPeer> {
    const peer = new StompPeer(options.version)
    const events = {
      frame: (frame: StompFrame): void => peer.#frame(frame),
      beat: (): void => peer.beats.put(true),
      ended: (): void => peer.#end(),
    }
    peer.#wire = await party.connect(url, options, events)
    const first = await peer.#first.take('No CONNECTED')
    if (first.command !== 'CONNECTED') throw errorOf(first)
    peer.connected = first.headers
    return peer
  }

  async send(destination: string, body: string | Buffer, headers: Headers = {}): Promise<void> {
    await this.#ask((wire, receipt) => wire.send(destination, body, { ...headers, receipt }))
  }

  async subscribe(destination: string, headers: Headers = {}): Promise<StompSubscription> {
    const id = headers['id'] ?? `s${++this.#names}`
    const subscription = new StompSubscription(id, destination)
    this.#subscriptions.set(id, subscription)
    await this.#ask((wire, receipt) => wire.subscribe(destination, { ...headers, id, receipt }))
    return subscription
  }

  async unsubscribe({ id, destination }: StompSubscription, headers: Headers = {}): Promise<void> {
    await this.#ask((wire, receipt) => wire.unsubscribe(id, destination, { ...headers, receipt }))
    this.#subscriptions.delete(id)
  }

  async ack(message: StompFrame, headers: Headers = {}): Promise<void> {
    await this.#ask((wire, receipt) => wire.ack(message, { ...headers, receipt }))
  }

  async nack(message: StompFrame, headers: Headers = {}): Promise<void> {
    await this.#ask((wire, receipt) => wire.nack(message, { ...headers, receipt }))
  }

  async begin(): Promise<string> {
    const transaction = `t${++this.#names}`
    await this.#ask((wire, receipt) => wire.begin(transaction, { receipt }))
    return transaction
  }

  async commit(transaction: string): Promise<void> {
    await this.#ask((wire, receipt) => wire.commit(transaction, { receipt }))
  }

  async abort(transaction: string): Promise<void> {
    await this.#ask((wire, receipt) => wire.abort(transaction, { receipt }))
  }

  async disconnect(): Promise<void> {
    this.#wire?.disconnect()
    await this.ended
  }

  /** Goes without a word. */
  async drop(): Promise<void> {
    this.#wire?.drop()
    await this.ended
  }

  /** What was asked for and did not come is there when the broker has answered twice more. */
  async nothing(subscription: StompSubscription): Promise<void> {
    for (let i = 0; i < 2; i++) await this.send('/topic/nobody', '')
    assert.deepEqual(
      subscription.messages.waiting.map(({ body }) => body.toString()),
      [],
    )
  }

  /** A library that cannot ask for a receipt of a frame asks for one behind it. */
  async #ask(request: (wire: StompWire, receipt: string) => boolean): Promise<void> {
    if (this.#wire === null) throw new StompError('it is not connected')
    const receipt = `r${++this.#receipts}`
    const answer = new Inbox<StompFrame>()
    this.#pending.set(receipt, answer)
    if (!request(this.#wire, receipt)) this.#wire.send('/topic/nobody', '', { receipt })
    const frame = await answer.take(`No receipt ${receipt}`)
    if (frame.command === 'ERROR') throw errorOf(frame)
  }

  #frame(frame: StompFrame): void {
    if (!this.#introduced) {
      this.#introduced = true
      this.#first.put(frame)
      return
    }
    const { command, headers } = frame
    switch (command) {
      case 'MESSAGE': {
        // 1.0 needs no ids; where there are none there is one subscription.
        const [only] = this.#subscriptions.values()
        const subscription = this.#subscriptions.get(headers['subscription'] ?? '') ?? only
        subscription?.messages.put(frame)
        return
      }
      case 'RECEIPT':
        this.#answer(headers['receipt-id'] ?? '', frame)
        return
      case 'ERROR': {
        const [oldest] = this.#pending.keys()
        const receipt = headers['receipt-id'] ?? oldest
        if (receipt === undefined) this.errors.put(frame)
        else this.#answer(receipt, frame)
        return
      }
      default:
        throw new Error(`The library says that ${command} came`)
    }
  }

  #answer(receipt: string, frame: StompFrame): void {
    this.#pending.get(receipt)?.put(frame)
    this.#pending.delete(receipt)
  }

  #end(): void {
    const error = new StompError('the connection has ended')
    this.#wire = null
    this.#first.end(error)
    for (const answer of this.#pending.values()) answer.end(error)
    for (const { messages } of this.#subscriptions.values()) messages.end(error)
    this.beats.end(error)
    this.errors.end(error)
    this.#over?.()
  }
}

function errorOf(frame: StompFrame): StompError {
  return new StompError(frame.headers['message'] ?? frame.body.toString(), frame)
}
