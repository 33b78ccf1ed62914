import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { ByteWriter, type Random } from '@millrace/base'
import {
  type CommandReceiver,
  ConsumerInfo,
  type DataStructure,
  DataType,
  FrameReader,
  initialFormat,
  IntegerResponse,
  negotiate,
  type Offer,
  ProducerInfo,
  Response,
  WireFormat,
  type WireFormatInfo,
  wireFormatInfo,
} from '@millrace/openwire'
import { FrameMaker, type Known } from './frame-maker.ts'

export interface Hostility {
  readonly offer: Offer
  /** Frames for one link. */
  readonly framesMax: number
  /** One frame of so many is damaged; 0: none is. */
  readonly damagedOneIn: number
}

/**
 * Listens, greets as a broker does, answers most of what is asked, and says anything else in between. It ends each link
 * when it has said enough, in one way or another.
 */
export class HostileBroker {
  frames = 0
  readonly #random: Random
  readonly #hostility: Hostility
  readonly #server: Server
  readonly #links = new Set<Socket>()

  constructor(random: Random, hostility: Hostility) {
    this.#random = random
    this.#hostility = hostility
    this.#server = createServer((socket) => {
      this.#links.add(socket)
      socket.on('close', () => this.#links.delete(socket))
      new HostileLink(socket, random, hostility, () => void this.frames++)
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get hostility(): Hostility {
    return this.#hostility
  }

  /** No further link; those that are there end now, politely or not. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    for (const socket of this.#links) {
      if (this.#random(2) === 0) socket.resetAndDestroy()
      else socket.destroy()
    }
    await closed
  }
}

class HostileLink implements CommandReceiver {
  readonly #socket: Socket
  readonly #random: Random
  readonly #hostility: Hostility
  readonly #count: () => void
  readonly #writer = new ByteWriter(4096)
  readonly #frames = new FrameReader(initialFormat())
  readonly #offer: WireFormatInfo
  readonly #known: Known = { consumers: [], producers: [], commandIds: [] }
  #format: WireFormat = initialFormat()
  #maker: FrameMaker | null = null
  #left: number
  #held: Buffer[] = []
  #ended = false

  constructor(socket: Socket, random: Random, hostility: Hostility, count: () => void) {
    this.#socket = socket
    this.#random = random
    this.#hostility = hostility
    this.#count = count
    this.#left = 1 + random(hostility.framesMax)
    this.#offer = wireFormatInfo(hostility.offer)
    socket.on('data', (chunk: Buffer) => this.#frames.receive(chunk, this))
    socket.on('error', () => {})
    socket.setNoDelay(true)
    this.#format.marshal(this.#offer, this.#writer)
    socket.write(Buffer.from(this.#writer.take()))
  }

  command(structure: DataStructure | null): void {
    if (structure === null) return
    if (structure.dataType === DataType.WireFormatInfo) {
      const agreed = negotiate(this.#offer, structure)
      this.#format = new WireFormat(agreed)
      this.#frames.format = this.#format
      this.#maker = new FrameMaker(this.#random, agreed.version, this.#known)
      setImmediate(this.#pump)
      return
    }
    if ('commandId' in structure) {
      this.#known.commandIds.push(structure.commandId)
      if (this.#known.commandIds.length > 16) this.#known.commandIds.shift()
    }
    if (structure instanceof ConsumerInfo && structure.consumerId !== null) {
      this.#known.consumers.push(structure.consumerId)
    }
    if (structure instanceof ProducerInfo && structure.producerId !== null) {
      this.#known.producers.push(structure.producerId)
    }
    this.#answer(structure)
  }

  /** Also when the client says nothing: it may be waiting for an answer that it does not get. */
  readonly #pump = (): void => {
    if (this.#socket.destroyed) return
    // Otherwise all would be said before the client has got anywhere.
    if (this.#random(4) === 0) this.#burst()
    if (this.#left > 0) setImmediate(this.#pump)
  }

  /** As a broker would, most of the time: or the conversation never got anywhere. */
  #answer(structure: DataStructure): void {
    if (!('responseRequired' in structure) || !structure.responseRequired || this.#random(12) === 0) return
    const response = this.#random(8) === 0 ? new IntegerResponse() : new Response()
    response.correlationId = structure.commandId
    this.#say(response, false)
  }

  #burst(): void {
    const count = 1 + this.#random(1 + Math.ceil(this.#hostility.framesMax / 10))
    for (let i = 0; i < count && this.#left > 0; i++) {
      this.#left--
      if (this.#maker !== null) this.#say(this.#maker.command(), true)
    }
    for (const frame of this.#held.splice(0)) this.#write(frame)
    if (this.#left <= 0) this.#end()
  }

  #say(structure: DataStructure, hostile: boolean): void {
    try {
      this.#format.marshal(structure, this.#writer)
    } catch {
      // Not to be said in this version.
      this.#writer.reset()
      return
    }
    const frame = Buffer.from(this.#writer.take())
    const { damagedOneIn } = this.#hostility
    if (hostile && damagedOneIn > 0 && this.#random(damagedOneIn) === 0) {
      this.#write(this.#damaged(frame))
      return
    }
    // Out of order: only where no cache has to keep step.
    if (hostile && this.#format.options.cacheEnabled === false && this.#random(10) === 0) this.#held.unshift(frame)
    else this.#write(frame)
    if (hostile && this.#random(20) === 0) this.#write(frame)
  }

  #damaged(frame: Buffer): Buffer {
    const random = this.#random
    switch (random(5)) {
      case 0:
        return frame.subarray(0, random(frame.length))
      case 1:
        return Buffer.from(Array.from({ length: 1 + random(64) }, () => random(256)))
      case 2: {
        // The size is right, what it holds is random.
        const body = Buffer.from(frame)
        for (let i = 4; i < body.length; i++) body[i] = random(256)
        return body
      }
      case 3:
        frame.writeInt32BE([0, -1, 2 ** 31 - 1, 100_000_000, 1][random(5)] as number, 0)
        return frame
      default:
        for (let i = 0; i <= random(4); i++) frame[4 + random(frame.length - 4)] = random(256)
        return frame
    }
  }

  #write(frame: Buffer): void {
    if (this.#socket.destroyed || !this.#socket.writable) return
    this.#count()
    const cut = this.#random(10) === 0 ? this.#random(frame.length) : 0
    if (cut > 0) this.#socket.write(frame.subarray(0, cut))
    this.#socket.write(frame.subarray(cut))
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    switch (this.#random(3)) {
      case 0:
        this.#socket.end()
        break
      case 1:
        this.#socket.destroySoon()
        break
      default:
        this.#socket.resetAndDestroy()
    }
  }
}
