/** stompit, which ends a connection at every ERROR, and asks for receipts of its own. */
import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import {
  type ConnectOptions,
  type Headers,
  type StompFrame,
  type StompParty,
  type StompWire,
  versions,
  type WireEvents,
} from './wire.ts'

const GOES = 'The library ends the connection at an ERROR.'
/** It has no types of its own; this is what is used here. */
interface Stompit {
  connect(options: object, connected: (error: Error | null, client: Client) => void): Client
}
type Loose = Record<string, string>
interface Options {
  onReceipt(): void
}
interface Client {
  readonly headers?: Loose
  send(headers: Loose, options: Options): Writable
  subscribe(headers: Loose, listener: (error: Error | null, message: Message | undefined) => void): Subscription
  ack(message: Message, headers: Loose, options: Options): void
  nack(message: Message, headers: Loose, options: Options): void
  sendFrame(command: string, headers: Loose, options: object): Writable
  begin(headers: Loose): Transaction
  disconnect(): void
  getTransportSocket(): Socket
  on(event: 'error' | 'end', listener: (error?: Error & { longMessage?: string }) => void): void
}
interface Subscription {
  unsubscribe(headers: Loose): void
}
interface Transaction {
  commit(options: Options): void
  abort(options: Options): void
}
interface Message extends Readable {
  readonly headers: Loose
}
const stompit = createRequire(import.meta.url)('stompit') as Stompit

export function stompitParty(): StompParty {
  return {
    name: 'stompit',
    scheme: 'stomp',
    versions,
    cannot: { 'after an ERROR the connection goes on': { why: GOES } },
    connect: (url, options, events) => Promise.resolve(open(url, options, events)),
    close: () => Promise.resolve(),
  }
}

function open(
  url: string,
  { version, headers = {}, heartBeat = [0, 0] }: ConnectOptions,
  events: WireEvents,
): StompWire {
  const { hostname, port } = new URL(url)
  let over = false
  const end = (): void => {
    if (over) return
    over = true
    events.ended()
  }
  const failed = (error: Error | null | undefined): void => {
    if (error instanceof Error) {
      const { message } = error
      const { longMessage = '' } = error as { longMessage?: string }
      events.frame({ command: 'ERROR', headers: { message }, body: Buffer.from(longMessage) })
    }
    end()
  }
  const client = stompit.connect(
    {
      host: hostname,
      port: Number(port),
      connectHeaders: { ...headers, 'accept-version': version, 'heart-beat': heartBeat.join(',') },
    },
    (error, connected) => {
      if (error !== null) return failed(error)
      connected.on('error', failed)
      connected.on('end', end)
      let last = 0
      connected.getTransportSocket().on('data', (chunk: Buffer) => {
        if (chunk.length === 1 && last === 0) events.beat()
        last = chunk[chunk.length - 1] === 0 ? 1 : 0
      })
      events.frame({ command: 'CONNECTED', headers: { ...connected.headers }, body: Buffer.alloc(0) })
    },
  )
  const subscriptions = new Map<string, Subscription>()
  const transactions = new Map<string, Transaction>()
  const receipt = (id: string | undefined): Options => ({
    onReceipt: () => events.frame({ command: 'RECEIPT', headers: { 'receipt-id': id ?? '' }, body: Buffer.alloc(0) }),
  })
  return {
    send: (destination, body, { receipt: id, ...more }) => {
      // It leaves this to its user.
      const length = typeof body === 'string' ? {} : { 'content-length': String(body.length) }
      const frame = client.send({ ...more, ...length, destination }, receipt(id))
      frame.end(body)
      return true
    },
    subscribe: (destination, asked) => {
      const { id = '', ...more } = withoutReceipt(asked)
      const listener = (error: Error | null, message: Message | undefined): void => {
        // An error of the connection is told there.
        if (error === null && message !== undefined) void read(message).then(events.frame)
      }
      subscriptions.set(id, client.subscribe({ ...more, destination, id }, listener))
      return false
    },
    unsubscribe: (id, _destination, asked) => {
      const more = withoutReceipt(asked)
      const subscription = subscriptions.get(id)
      subscriptions.delete(id)
      // It ends a subscription once; what is said of a durable one after that is a frame of its own.
      if (subscription === undefined) client.sendFrame('UNSUBSCRIBE', { ...more, id }, {}).end()
      else subscription.unsubscribe(more)
      return false
    },
    ack: (message, { receipt: id, ...more }) => {
      client.ack(message.own as Message, more, receipt(id))
      return true
    },
    nack: (message, { receipt: id, ...more }) => {
      client.nack(message.own as Message, more, receipt(id))
      return true
    },
    begin: (transaction) => {
      transactions.set(transaction, client.begin({ transaction }))
      return false
    },
    commit: (transaction, { receipt: id }) => {
      transactions.get(transaction)?.commit(receipt(id))
      return true
    },
    abort: (transaction, { receipt: id }) => {
      transactions.get(transaction)?.abort(receipt(id))
      return true
    },
    disconnect: () => client.disconnect(),
    drop: () => {
      client.getTransportSocket().destroy()
      end()
    },
  }
}

/** Receipts that it has not asked for itself end the connection. */
function withoutReceipt(headers: Headers): Loose {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'receipt'))
}

async function read(message: Message): Promise<StompFrame> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return { command: 'MESSAGE', headers: message.headers, body: Buffer.concat(chunks), own: message }
}
