import { once } from 'node:events'
import type { Socket } from 'node:net'
import { open } from './sockets.ts'

/*
 *     fin 1 bit, reserved 3, opcode 4 | masked 1, length 7 | longer length 2 or 8 | mask 4 | payload      [RFC 6455 §5.2]
 */

export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const

export interface FrameParts {
  readonly opcode: number
  readonly fin?: boolean
  /** The three bits behind `fin`. */
  readonly reserved?: number
  readonly masked?: boolean
  /** What the frame says of its length. Default: the truth. */
  readonly length?: number
}

const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78])

/** One frame of a client, as wrong as it is asked to be. */
export function webSocketFrame(
  payload: Buffer,
  { opcode, fin = true, reserved = 0, masked = true, length = payload.length }: FrameParts,
): Buffer {
  const head = Buffer.alloc(length < 126 ? 2 : length < 0x10000 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | ((reserved & 7) << 4) | (opcode & 15)
  head[1] = (masked ? 0x80 : 0) | (length < 126 ? length : length < 0x10000 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  if (!masked) return Buffer.concat([head, payload])
  return Buffer.concat([head, MASK, payload.map((byte, i) => byte ^ (MASK[i % 4] as number))])
}

/** The request that turns HTTP into a WebSocket. */
export function upgradeRequest(subProtocol: string | null = null): string {
  return [
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(subProtocol === null ? [] : [`Sec-WebSocket-Protocol: ${subProtocol}`]),
    '\r\n',
  ].join('\r\n')
}

/** A socket behind which a WebSocket is, and nothing was said. What came behind the answer is lost. */
export async function openUpgraded(port: number, subProtocol: string | null = null): Promise<Socket> {
  const socket = await open(port)
  socket.write(upgradeRequest(subProtocol))
  let answer = ''
  while (!answer.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    answer += chunk.toString('latin1')
  }
  if (!answer.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${answer}`)
  return socket
}
