import type { Buffer } from 'node:buffer'
import { ByteWriter, type MillraceError } from '@millrace/base'
import {
  ConnectionError,
  type DataStructure,
  ExceptionResponse,
  initialFormat,
  IntegerResponse,
  ProducerAck,
  type ProducerId,
  Response,
  type Throwable,
  type WireFormat,
} from '@millrace/openwire'
import type { Output } from '../protocol.ts'
import { throwableOf, xaThrowableOf } from './errors.ts'
import type { KeepAlive } from './keep-alive.ts'

// Encoding is over when the call returns, so these serve all conversations.
const response = new Response()
const exceptionResponse = new ExceptionResponse()
const integerResponse = new IntegerResponse()
const producerAck = new ProducerAck()

/** The half of a conversation that speaks. */
export class Sender {
  readonly #output: Output
  /** The rules of the first frame, until both sides have agreed on others. */
  format: WireFormat = initialFormat()
  keepAlive: KeepAlive | null = null
  /** The conversation is over: whatever the broker still says is not said on. */
  #silent = false

  constructor(output: Output) {
    this.#output = output
  }

  /** Throws MESSAGE_TOO_LARGE or COMMAND_UNSUPPORTED for what the peer cannot be told; nothing is written then. */
  write(structure: DataStructure): void {
    if (this.#silent) return
    this.format.marshal(structure, this.#output.writer)
    this.keepAlive?.said()
    this.#output.touch()
  }

  /** As `write`; gives the bytes of the frame, to be looked at before anything else is written. */
  writeFrame(structure: DataStructure): Buffer {
    if (this.#silent) return this.encode(structure)
    const { writer } = this.#output
    const start = writer.length
    this.write(structure)
    return writer.view().subarray(start)
  }

  /** A frame that was encoded in two pieces, without its size. */
  writePieces(head: Buffer, tail: Buffer): void {
    if (this.#silent) return
    const { writer } = this.#output
    writer.int(head.length + tail.length)
    writer.bytes(head)
    writer.bytes(tail)
    this.keepAlive?.said()
    this.#output.touch()
  }

  /** A frame that is not sent. */
  encode(structure: DataStructure): Buffer {
    const writer = new ByteWriter(256)
    this.format.marshal(structure, writer)
    return writer.take()
  }

  /** The peer has not taken what was written. */
  get blocked(): boolean {
    return this.#output.blocked
  }

  /** The peer asked. */
  answer(commandId: number, error: MillraceError | null, xa: boolean): void {
    if (error === null) {
      response.correlationId = commandId
      this.write(response)
      return
    }
    exceptionResponse.correlationId = commandId
    exceptionResponse.exception = throwable(error, xa)
    this.write(exceptionResponse)
  }

  /** The peer did not ask. */
  complain(error: MillraceError, xa: boolean): void {
    const complaint = new ConnectionError()
    complaint.exception = throwable(error, xa)
    this.write(complaint)
  }

  vote(commandId: number, result: number): void {
    integerResponse.correlationId = commandId
    integerResponse.result = result
    this.write(integerResponse)
  }

  widen(producerId: ProducerId, sizeBytes: number): void {
    producerAck.producerId = producerId
    producerAck.size = sizeBytes
    this.write(producerAck)
  }

  /** Nothing is said from now on. */
  silence(): void {
    this.#silent = true
  }
}

function throwable(error: MillraceError, xa: boolean): Throwable {
  return xa ? xaThrowableOf(error) : throwableOf(error)
}
