import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TestContext } from 'node:test'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const Opcode = { Continuation: 0, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const

/** A WebSocket server in front of a TCP port (RFC 6455): bytes in binary messages, cut in places that mean nothing. */
export class WebSocketRelay {
  readonly #server: Server = createServer()
  readonly #sockets = new Set<Duplex>()
  /** What clients asked to speak. */
  readonly protocols: (string | undefined)[] = []
  /** Paths that clients asked for. */
  readonly paths: (string | undefined)[] = []
  url = ''

  static async between(t: TestContext, url: string): Promise<WebSocketRelay> {
    const relay = new WebSocketRelay()
    relay.#server.on('upgrade', (request, socket, head) => {
      relay.protocols.push(request.headers['sec-websocket-protocol'])
      relay.paths.push(request.url)
      const key = String(request.headers['sec-websocket-key'])
      const accept = createHash('sha1')
        .update(key + GUID)
        .digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      const agreed = [`Sec-WebSocket-Accept: ${accept}`, 'Sec-WebSocket-Protocol: openwire']
      socket.write(`${[...lines, ...agreed].join('\r\n')}\r\n\r\n`)
      relay.#pass(socket, connect(Number(new URL(url).port), '127.0.0.1'), head)
    })
    await new Promise<void>((resolve) => {
      relay.#server.listen(0, '127.0.0.1', resolve)
    })
    relay.url = `ws://127.0.0.1:${(relay.#server.address() as AddressInfo).port}`
    t.after(() => relay.close())
    return relay
  }

  /** Ends all connections, as a broken line would. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #pass(socket: Duplex, broker: Socket, head: Buffer): void {
    this.#sockets.add(socket)
    let waiting = head
    const take = (chunk: Buffer): void => {
      waiting = Buffer.concat([waiting, chunk])
      for (let frame = readFrame(waiting); frame !== null; frame = readFrame(waiting)) {
        waiting = waiting.subarray(frame.end)
        if (frame.opcode === Opcode.Binary || frame.opcode === Opcode.Continuation) broker.write(frame.payload)
        else if (frame.opcode === Opcode.Ping) socket.write(frameOf(Opcode.Pong, true, frame.payload))
        else if (frame.opcode === Opcode.Close) {
          socket.end(frameOf(Opcode.Close, true, frame.payload))
          broker.end()
        }
      }
    }
    socket.on('data', take)
    broker.on('data', (chunk: Buffer) => {
      // One message in two frames, and a ping between: all of it is allowed.
      const half = chunk.length >> 1
      socket.write(frameOf(Opcode.Binary, false, chunk.subarray(0, half)))
      socket.write(frameOf(Opcode.Ping, true, Buffer.from('!')))
      socket.write(frameOf(Opcode.Continuation, true, chunk.subarray(half)))
    })
    const over = (): void => {
      this.#sockets.delete(socket)
      socket.destroy()
      broker.destroy()
    }
    for (const end of [socket, broker]) end.on('close', over).on('error', over)
    take(Buffer.alloc(0))
  }
}

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  readonly end: number
}

/** null: not all of it is there. */
function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null
  const opcode = (bytes[0] ?? 0) & 0x0f
  let length = (bytes[1] ?? 0) & 0x7f
  let at = 2
  if (length === 126) {
    if (bytes.length < 4) return null
    length = bytes.readUInt16BE(2)
    at = 4
  } else if (length === 127) {
    if (bytes.length < 10) return null
    length = Number(bytes.readBigUInt64BE(2))
    at = 10
  }
  // Whatever a client sends is masked.
  const end = at + 4 + length
  if (bytes.length < end) return null
  const mask = bytes.subarray(at, at + 4)
  const payload = Buffer.from(bytes.subarray(at + 4, end))
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0)
  return { opcode, payload, end }
}

function frameOf(opcode: number, final: boolean, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10)
  head[0] = (final ? 0x80 : 0) | opcode
  if (head.length === 2) head[1] = payload.length
  else if (head.length === 4) {
    head[1] = 126
    head.writeUInt16BE(payload.length, 2)
  } else {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([head, payload])
}
