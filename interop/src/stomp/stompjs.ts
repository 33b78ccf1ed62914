/** @stomp/stompjs, in WebSockets as it is meant to be, and over TCP through a socket with the face of one. */
import { Buffer } from 'node:buffer'
import { Client, type IFrame, type IMessage, type IStompSocket, type StompConfig, Versions } from '@stomp/stompjs'
import { WebSocket } from 'ws'
import { TcpWebSocket } from './tcp-web-socket.ts'
import {
  type ConnectOptions,
  type Headers,
  type StompFrame,
  type StompParty,
  type StompVersion,
  type StompWire,
  versions,
  type WireEvents,
} from './wire.ts'

const ESCAPES = 'headers with colons, ends of line and backslashes arrive as they were sent'

export function stompjsParty(scheme: 'stomp' | 'ws'): StompParty {
  return {
    name: scheme === 'ws' ? 'stompjs in WebSockets' : 'stompjs',
    scheme,
    versions,
    cannot: {
      [ESCAPES]: { why: 'It escapes nothing before version 1.2.', versions: ['1.1'] },
    },
    connect: (url, options, events) => Promise.resolve(open(url, options, events)),
    close: () => Promise.resolve(),
  }
}

type StompjsWays = Required<Pick<StompConfig, 'stompVersions' | 'webSocketFactory'>>

/** What a client of this library needs to connect to an address of either kind. */
export function stompjsConfig(url: string, offered: readonly StompVersion[]): StompjsWays {
  return {
    stompVersions: new Versions([...offered]),
    webSocketFactory: () =>
      url.startsWith('ws')
        ? (new WebSocket(
            url,
            offered.map((version) => `v${version.replace('.', '')}.stomp`),
          ) as unknown as IStompSocket)
        : new TcpWebSocket(url),
  }
}

function open(
  url: string,
  { version, headers = {}, heartBeat = [0, 0] }: ConnectOptions,
  events: WireEvents,
): StompWire {
  const client = new Client({
    ...stompjsConfig(url, [version]),
    connectHeaders: { ...headers },
    heartbeatOutgoing: heartBeat[0],
    heartbeatIncoming: heartBeat[1],
    reconnectDelay: 0,
    // ActiveMQ sends one only in an interval after one in which it sent nothing.
    heartbeatToleranceMultiplier: 4,
    discardWebsocketOnCommFailure: true,
    onConnect: (frame) => events.frame(frameOf(frame)),
    onStompError: (frame) => events.frame(frameOf(frame)),
    onUnhandledReceipt: (frame) => events.frame(frameOf(frame)),
    onUnhandledMessage: (message) => events.frame(frameOf(message)),
    onHeartbeatReceived: () => events.beat(),
    onWebSocketClose: () => events.ended(),
  })
  client.activate()
  return {
    send: (destination, body, more) => {
      const content = typeof body === 'string' ? { body } : { binaryBody: new Uint8Array(body) }
      client.publish({ destination, headers: { ...more }, ...content })
      return true
    },
    subscribe: (destination, more) => {
      client.subscribe(destination, (message) => events.frame(frameOf(message)), { ...more })
      return true
    },
    unsubscribe: (id, _destination, more) => {
      client.unsubscribe(id, { ...more })
      return true
    },
    ack: (message, more) => {
      messageOf(message).ack({ ...more })
      return true
    },
    nack: (message, more) => {
      messageOf(message).nack({ ...more })
      return true
    },
    begin: (transaction) => {
      client.begin(transaction)
      return false
    },
    commit: (transaction) => {
      client.commit(transaction)
      return false
    },
    abort: (transaction) => {
      client.abort(transaction)
      return false
    },
    disconnect: () => void client.deactivate(),
    drop: () => void client.deactivate({ force: true }),
  }
}

function messageOf({ own }: StompFrame): IMessage {
  return own as IMessage
}

function frameOf(frame: IFrame): StompFrame {
  const headers: Headers = frame.headers as Record<string, string>
  return { command: frame.command, headers, body: Buffer.from(frame.binaryBody), own: frame }
}
