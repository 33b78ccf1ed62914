import { Socket, type SocketConstructorOpts } from 'node:net'

/** The system is asked for so much at once, as Node does. */
const READ_BYTES = 64 * 1024
/** What was read lies one behind the other in pieces of this size. */
const PIECE_BYTES = 256 * 1024

/** The part of Node's TCP and pipe handles that is used here. It is not documented: see ADR 12. */
interface Handle {
  reading: boolean
  readStop(): number
}

interface Inside {
  _handle?: Partial<Handle> | null
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
 * From now on what comes goes to `received`. Returns the socket that takes the place of this one, with the same handle;
 * `received` returns false to have no more until that is resumed. Where it cannot be done (TLS, or a Node that is made
 * differently) it is the same socket, which has to be paused instead.
 */
export function readInto(socket: Socket, received: (chunk: Buffer) => boolean): Socket {
  const inside = socket as unknown as Inside
  const handle = inside._handle
  // What has been read already and lies in the stream would be lost.
  if (socket.constructor !== Socket || !isHandle(handle) || socket.readableLength > 0 || socket.destroyed) {
    socket.on('data', received)
    return socket
  }
  shared ??= new ReadBuffer()
  const buffer = shared
  handle.readStop()
  handle.reading = false
  inside._handle = null
  // It begins to read by itself.
  return new Socket({
    handle,
    onread: {
      buffer: buffer.bytes,
      callback: (count: number): boolean => received(buffer.keep(count)),
    },
  } as SocketConstructorOpts)
}

function isHandle(handle: Inside['_handle']): handle is Handle {
  return typeof handle?.readStop === 'function' && typeof handle.reading === 'boolean'
}
