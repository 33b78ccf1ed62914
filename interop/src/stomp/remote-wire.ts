/** Libraries of other languages, each in a process of its own that is worked by JSON lines (interop/python, interop/ruby). */
import { Buffer } from 'node:buffer'
import { type Child, startChild } from '../child.ts'
import type { ConnectOptions, Headers, StompFrame, StompParty, StompWire, WireEvents } from './wire.ts'

export interface RemoteDriver {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

export async function remoteParty(
  { command, args, env = {} }: RemoteDriver,
  terms: Pick<StompParty, 'scheme' | 'versions' | 'cannot'> & { nameOf(version: string): string },
): Promise<StompParty> {
  const child = startChild(command, args, { env: { ...process.env, ...env } })
  const ready = await child.first()
  const connections = new Map<number, WireEvents>()
  child.onLine((line) => hear(connections, line))
  void child.ended.then(() => {
    for (const events of connections.values()) events.ended()
    connections.clear()
  })
  let last = 0
  return {
    name: terms.nameOf(String(ready['version'])),
    scheme: terms.scheme,
    versions: terms.versions,
    cannot: terms.cannot,
    connect: (url, options, events) => {
      last++
      connections.set(last, events)
      return Promise.resolve(open(child, last, terms.scheme, url, options))
    },
    close: () => child.stop(),
  }
}

function hear(connections: Map<number, WireEvents>, line: Record<string, unknown>): void {
  const ref = Number(line['ref'])
  const events = connections.get(ref)
  switch (line['event']) {
    case 'beat':
      events?.beat()
      return
    case 'ended':
      connections.delete(ref)
      events?.ended()
      return
    default: {
      const { command, headers, body } = line as { command: string; headers: Headers; body: string }
      events?.frame({ command, headers, body: Buffer.from(body, 'base64') })
    }
  }
}

function open(child: Child, ref: number, scheme: string, url: string, options: ConnectOptions): StompWire {
  const tell = (what: string, request: object = {}): true => {
    child.write(JSON.stringify({ do: what, ref, ...request }))
    return true
  }
  const { hostname: host, port } = new URL(url)
  const { version, headers = {}, heartBeat = [0, 0] } = options
  tell('connect', { scheme, host, port: Number(port), version, headers, heartBeat })
  const settle = (what: string, { headers: of }: StompFrame, more: Headers): true => {
    const id = version === '1.2' ? of['ack'] : of['message-id']
    return tell(what, { id, headers: version === '1.0' ? more : { subscription: of['subscription'], ...more } })
  }
  return {
    send: (destination, body, more) =>
      tell('send', { destination, body: Buffer.from(body).toString('base64'), headers: more }),
    subscribe: (destination, more) => tell('subscribe', { destination, headers: more }),
    unsubscribe: (id, destination, more) => tell('unsubscribe', { id, destination, headers: more }),
    ack: (message, more) => settle('ack', message, more),
    nack: (message, more) => settle('nack', message, more),
    begin: (transaction, more) => tell('begin', { transaction, headers: more }),
    commit: (transaction, more) => tell('commit', { transaction, headers: more }),
    abort: (transaction, more) => tell('abort', { transaction, headers: more }),
    disconnect: () => void tell('disconnect'),
    drop: () => void tell('drop'),
  }
}
