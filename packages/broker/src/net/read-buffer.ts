import { Socket } from 'node:net'

/** The system is asked for so much at once, as Node does. */
const READ_BYTES = 64 * 1024
/** What was read lies one behind the other in pieces of this size. */
const PIECE_BYTES = 256 * 1024

/** The part of Node's TCP and pipe handles that is used here. It is not documented: see ADR 12. */
interface Handle {
  useUserBuffer(buffer: Buffer): void
}

interface Inside {
  _handle?: Partial<Handle> | null
  /** What the option `onread` sets. */
  [symbol: symbol]: unknown
}

/**
 * Node gives each read 64 KiB of its own, and then back what did not come: more work than most reads are worth. Here all sockets
 * read into one buffer, and what has come is copied behind what came before.
 */
class ReadBuffer {
  /** The system writes here; what is in it is gone with the next read of anybody. */
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  #at = 0

  /** A view that nobody will write to again. */
  keep(count: number): Buffer {
    let at = this.#at
    const end = at + count
    if (end > PIECE_BYTES) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      at = 0
    }
    this.#piece.set(count === READ_BYTES ? this.bytes : this.bytes.subarray(0, count), at)
    this.#at = at + count
    return this.#piece.subarray(at, at + count)
  }
}

let shared: ReadBuffer | null = null

/**
 * From now on what comes goes to `received`, which returns false to have no more until the socket is resumed. False: it cannot be
 * done (TLS, or a Node that is made differently), and the socket, which reads through its stream then, has to be paused instead.
 */
export function readInto(socket: Socket, received: (chunk: Buffer) => boolean): boolean {
  const inside = socket as unknown as Inside
  const handle = inside._handle
  // What has been read already and lies in the stream would be lost.
  const plain = socket.constructor === Socket && socket.readableLength === 0 && !socket.destroyed
  if (!plain || BUFFER === undefined || CALLBACK === undefined || typeof handle?.useUserBuffer !== 'function') {
    socket.on('data', received)
    return false
  }
  shared ??= new ReadBuffer()
  const buffer = shared
  inside[BUFFER] = buffer.bytes
  inside[CALLBACK] = (count: number): boolean => received(buffer.keep(count))
  handle.useUserBuffer(buffer.bytes)
  return true
}

const [BUFFER, CALLBACK] = unset(new Socket(), 'kBuffer', 'kBufferCb')

/** The symbols of these names, where a socket has them and nothing in them. */
function unset(socket: Socket, ...names: string[]): (symbol | undefined)[] {
  const symbols = Object.getOwnPropertySymbols(socket)
  const inside = socket as unknown as Inside
  return names.map((name) => symbols.find((symbol) => symbol.description === name && inside[symbol] === null))
}
