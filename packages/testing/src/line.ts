import { ByteWriter, decodePrimitiveMap, encodePrimitiveMap, FALSE_PRIMITIVE } from '@millrace/base'
import {
  type Command,
  ConnectionError,
  type DataStructure,
  DataType,
  ExceptionResponse,
  FrameReader,
  initialFormat,
  negotiate,
  WireFormat,
  WireFormatInfo,
  wireFormatProperties,
} from '@millrace/openwire'
import { throwableOf } from 'millrace'
import { kindOf } from './command-kind.ts'
import type { Fault, FaultPoint, Faults, Strikable } from './faults.ts'
import { Frames } from './frames.ts'

/** The two ends of a link that a line stands between. */
export interface LineEnds {
  toBroker(bytes: Buffer): void
  toClient(bytes: Buffer): void
  /** Both ends get what was handed over before, and then the end of the link. */
  end(): void
}

/** One direction: frames as bytes, which are passed on as they came, and what they hold. */
class Direction {
  readonly frames = new Frames()
  readonly reader = new FrameReader(initialFormat())
  /** Whole frames that wait for the end of a delay; null: they pass. The first is looked at already. */
  held: Buffer[] | null = null
  out: Buffer[] = []

  read(frame: Buffer): DataStructure | null {
    let found: DataStructure | null = null
    this.reader.receive(frame, {
      command: (structure) => {
        found = structure
      },
    })
    return found
  }
}

/**
 * Stands between a client and a broker, passes every frame on as it came, and lets faults strike. Both sides are told
 * that the other cannot cache values, because a frame that is left out would garble those behind it, and that it needs
 * sizes before its frames.
 */
export class Line implements Strikable {
  readonly #ends: LineEnds
  readonly #faults: Faults
  readonly #refuses: boolean
  readonly #up = new Direction()
  readonly #down = new Direction()
  readonly #offers: WireFormatInfo[] = []
  #format = initialFormat()
  /** What strikes when these commands are answered. */
  readonly #answers = new Map<number, Fault[]>()
  #cutting = false
  #over = false
  /** What passes is nothing that can be read: it only passes. */
  #blind = false

  /** `refuses`: refusals are made here, not by the broker. */
  constructor(ends: LineEnds, faults: Faults, refuses: boolean) {
    this.#ends = ends
    this.#faults = faults
    this.#refuses = refuses
    faults.add(this)
  }

  fromClient(chunk: Buffer): void {
    this.#take(this.#up, chunk, (frame) => this.#goingUp(frame))
  }

  fromBroker(chunk: Buffer): void {
    this.#take(this.#down, chunk, (frame) => this.#goingDown(frame))
  }

  /** One of the ends is gone. */
  closed(): void {
    this.#over = true
    this.#faults.remove(this)
  }

  cut(): void {
    if (this.#over) return
    this.closed()
    this.#ends.end()
  }

  hold(fault: Fault): void {
    if (this.#down.held === null) this.#hold(this.#down, [], fault)
  }

  #take(direction: Direction, chunk: Buffer, pass: (frame: Buffer) => void): void {
    if (this.#over) return
    if (this.#blind) direction.out.push(chunk)
    else for (const frame of direction.frames.take(chunk)) this.#pass(direction, frame, pass)
    this.#flush()
  }

  #pass(direction: Direction, frame: Buffer, pass: (frame: Buffer) => void): void {
    if (this.#cutting) return
    if (direction.held !== null) {
      direction.held.push(frame)
      return
    }
    try {
      pass(frame)
    } catch {
      this.#blind = true
      direction.out.push(frame)
    }
  }

  #goingUp(frame: Buffer): void {
    const command = this.#up.read(frame)
    if (command?.dataType === DataType.WireFormatInfo) {
      this.#up.out.push(this.#offer(command, frame))
      return
    }
    const kind = kindOf(command)
    if (kind === null) {
      this.#up.out.push(frame)
      return
    }
    const { commandId, responseRequired } = command as Command
    if (this.#refuses) {
      const [refusal] = this.#faults.passing(kind, true)
      if (refusal !== undefined) {
        this.#refuse(refusal, commandId, responseRequired)
        return
      }
    }
    const struck = this.#faults.passing(kind, false)
    if (struck.some((fault) => fault.what === 'cut' && fault.at === 'before')) {
      this.#cutting = true
      return
    }
    if (struck.length > 0 && !responseRequired) this.#strike(this.#up, frame, struck)
    else {
      this.#up.out.push(frame)
      if (struck.length > 0) this.#answers.set(commandId, [...struck])
    }
  }

  #goingDown(frame: Buffer): void {
    const command = this.#down.read(frame)
    switch (command?.dataType) {
      case DataType.WireFormatInfo:
        this.#down.out.push(this.#offer(command, frame))
        return
      case DataType.Response:
      case DataType.ExceptionResponse:
      case DataType.IntegerResponse:
      case DataType.DataResponse:
      case DataType.DataArrayResponse: {
        const struck = this.#answers.get(command.correlationId) ?? []
        this.#answers.delete(command.correlationId)
        if (struck.some((fault) => fault.what === 'cut' && fault.at === 'beforeAnswer')) this.#cutting = true
        else this.#strike(this.#down, frame, struck)
        return
      }
      case DataType.MessageDispatch: {
        const point: FaultPoint = 'dispatch'
        const struck = command.message === null ? [] : this.#faults.passing(point, false)
        if (struck.some((fault) => fault.what === 'cut' && fault.at === 'before')) this.#cutting = true
        else this.#strike(this.#down, frame, struck)
        return
      }
      default:
        this.#down.out.push(frame)
    }
  }

  /** The frame passes, perhaps twice, perhaps later, perhaps as the last one. */
  #strike(direction: Direction, frame: Buffer, struck: readonly Fault[]): void {
    const frames = struck.some((fault) => fault.what === 'duplicate') ? [frame, frame] : [frame]
    const delay = struck.find((fault) => fault.what === 'delay')
    if (delay === undefined) direction.out.push(...frames)
    else this.#hold(direction, frames, delay)
    if (struck.some((fault) => fault.what === 'cut')) this.#cutting = true
  }

  #hold(direction: Direction, frames: Buffer[], fault: Fault): void {
    if (fault.released) {
      direction.out.push(...frames)
      return
    }
    direction.held = []
    const cancel = Number.isFinite(fault.delayMs)
      ? this.#faults.clock.after(fault.delayMs, () => fault.release())
      : () => {}
    fault.onRelease = () => {
      cancel()
      this.#faults.forget(fault)
      const held = direction.held ?? []
      direction.held = null
      if (this.#over) return
      direction.out.push(...frames)
      const pass = direction === this.#up ? this.#goingUp : this.#goingDown
      for (const frame of held) this.#pass(direction, frame, (one) => pass.call(this, one))
      this.#flush()
    }
  }

  #refuse({ error }: Fault, commandId: number, responseRequired: boolean): void {
    if (error === null) return
    const answer = responseRequired ? new ExceptionResponse() : new ConnectionError()
    answer.exception = throwableOf(error)
    if (answer.dataType === DataType.ExceptionResponse) answer.correlationId = commandId
    this.#down.out.push(this.#encode(answer))
  }

  #flush(): void {
    for (const direction of [this.#up, this.#down]) {
      if (direction.out.length === 0 || this.#over) continue
      const bytes = direction.out.length === 1 ? (direction.out[0] as Buffer) : Buffer.concat(direction.out)
      direction.out = []
      if (direction === this.#up) this.#ends.toBroker(bytes)
      else this.#ends.toClient(bytes)
    }
    if (this.#cutting) this.cut()
  }

  /** Both sides have said what they can: from the next frame on they do what both can. */
  #offer(offer: WireFormatInfo, frame: Buffer): Buffer {
    const { cacheEnabled, sizePrefixDisabled } = wireFormatProperties(offer)
    const change = cacheEnabled || sizePrefixDisabled
    if (change) offer.marshalledProperties = plainly(offer.marshalledProperties)
    const passed = change ? this.#encode(offer) : frame
    this.#offers.push(offer)
    const [one, other] = this.#offers
    if (one !== undefined && other !== undefined) {
      const agreed = negotiate(one, other)
      this.#format = new WireFormat(agreed)
      this.#up.reader.format = new WireFormat(agreed)
      this.#down.reader.format = new WireFormat(agreed)
    }
    return passed
  }

  #encode(structure: DataStructure): Buffer {
    const writer = new ByteWriter()
    const format = structure instanceof WireFormatInfo ? initialFormat() : this.#format
    format.marshal(structure, writer)
    return writer.take()
  }
}

function plainly(properties: Buffer | null): Buffer {
  const map = (properties === null ? null : decodePrimitiveMap(properties)) ?? new Map()
  map.set('CacheEnabled', FALSE_PRIMITIVE)
  map.set('SizePrefixDisabled', FALSE_PRIMITIVE)
  return encodePrimitiveMap(map)
}
