import { readdirSync, readFileSync } from 'node:fs'
import { ByteReader, type Long } from '@millrace/base'
import {
  consumerIdText,
  type DataStructure,
  DataType,
  type Destination,
  initialFormat,
  isMessage,
  type MessageDispatch,
  type MessageId,
  messageIdText,
  type OpenWireMessage,
  producerIdText,
  transactionIdText,
  WireFormat,
} from '@millrace/openwire'

/* Conversations between the reference client and the reference broker, as a relay between them saw them. */

export type Step =
  | { readonly kind: 'note'; readonly note: string }
  | { readonly kind: 'closed'; readonly link: number; readonly from: 'client' | 'broker' }
  | {
      readonly kind: 'frame'
      readonly link: number
      readonly from: 'client' | 'broker'
      readonly structure: DataStructure
    }

interface RecordedFile {
  readonly agreed: readonly {
    readonly link: number
    readonly version: number
    readonly tight: boolean
    readonly cache: boolean
    readonly stackTrace: boolean
    readonly cacheSize: number
  }[]
  readonly frames: readonly {
    readonly note?: string
    readonly closed?: boolean
    readonly link: number
    readonly from: 'client' | 'broker'
    readonly hex: string
  }[]
}

// Seen from build/test/protocol.
const FOLDER = new URL('../../../../openwire/test/fixtures/vectors/conversations/', import.meta.url)

export const RECORDINGS: readonly string[] = readdirSync(FOLDER)
  .map((name) => name.replace(/\.json$/, ''))
  .sort()

export function recording(name: string): Step[] {
  const file = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as RecordedFile
  const formats = new Map<string, WireFormat>()
  return file.frames.map((frame): Step => {
    const { link, from } = frame
    if (frame.note !== undefined) return { kind: 'note', note: frame.note }
    if (frame.closed === true) return { kind: 'closed', link, from }
    const way = `${link} ${from}`
    const format = formats.get(way) ?? initialFormat()
    const bytes = Buffer.from(frame.hex, 'hex')
    const structure = format.unmarshal(new ByteReader(bytes, 4))
    if (structure === null) throw new Error(`${name} holds a null frame`)
    if (!formats.has(way)) {
      const agreed = file.agreed.find((one) => one.link === link)
      if (agreed === undefined) throw new Error(`${name} says nothing about link ${link}`)
      formats.set(
        way,
        new WireFormat({
          version: agreed.version,
          tightEncodingEnabled: agreed.tight,
          cacheEnabled: agreed.cache,
          cacheSize: agreed.cacheSize,
          stackTraceEnabled: agreed.stackTrace,
          sizePrefixDisabled: false,
          maxFrameSize: 2 ** 31 - 1,
        }),
      )
    }
    return { kind: 'frame', link, from, structure }
  })
}

/** What matters of something a broker says: two brokers that mean the same give the same text. */
export function essence(it: DataStructure): string {
  switch (it.dataType) {
    case DataType.Response:
      return `Response ${it.correlationId}`
    case DataType.ExceptionResponse:
      return `ExceptionResponse ${it.correlationId} ${it.exception?.className}`
    case DataType.IntegerResponse:
      return `IntegerResponse ${it.correlationId} ${it.result}`
    case DataType.DataArrayResponse:
      return `DataArrayResponse ${it.correlationId} ${(it.data ?? []).map(xid).join(' ')}`
    case DataType.ConnectionError:
      return `ConnectionError ${it.exception?.className}`
    case DataType.ConnectionControl:
      return `ConnectionControl ${it.connectedBrokers}|${it.reconnectTo}|${it.rebalanceConnection} ${it.faultTolerant}`
    case DataType.ProducerAck:
      return `ProducerAck ${it.producerId === null ? '' : producerIdText(it.producerId)} ${it.size}`
    case DataType.MessageDispatch:
      return dispatchEssence(it)
    case DataType.KeepAliveInfo:
      return `KeepAliveInfo ${it.commandId} ${it.responseRequired}`
    default:
      return it.constructor.name
  }
}

function dispatchEssence(it: MessageDispatch): string {
  const to = it.consumerId === null ? '' : consumerIdText(it.consumerId)
  const { message } = it
  if (message === null) return `MessageDispatch ${to} nothing ${place(it.destination)}`
  const where = place(it.destination)
  if (message.dataStructure !== null) {
    return `MessageDispatch ${to} ${where} advisory ${message.dataStructure.constructor.name}`
  }
  const fields = [
    message.constructor.name,
    place(message.destination),
    message.messageId === null ? '' : messageIdText(message.messageId),
    message.producerId === null ? '' : producerIdText(message.producerId),
    message.transactionId === null ? '' : transactionIdText(message.transactionId),
    place(message.originalDestination),
    message.persistent ? 'persistent' : 'volatile',
    message.priority,
    message.expiration,
    message.timestamp,
    message.correlationId,
    message.type,
    message.groupID,
    message.groupSequence,
    place(message.replyTo),
    message.compressed,
    message.userID,
    message.content?.toString('hex') ?? null,
    message.marshalledProperties?.toString('hex') ?? null,
  ]
  return `MessageDispatch ${to} ${where} redelivered ${it.redeliveryCounter} ${fields.join(' ')}`
}

function place(destination: Destination | null): string {
  return destination === null ? 'nowhere' : `${destination.constructor.name}:${destination.physicalName}`
}

function xid(it: DataStructure | null): string {
  if (it?.dataType !== DataType.XATransactionId) return 'none'
  return `${it.formatId}:${it.globalTransactionId?.toString('hex')}:${it.branchQualifier?.toString('hex')}`
}

/** Messages that were in the broker before the recording begins: dispatched, but sent by nobody who was recorded. */
export function preloaded(steps: readonly Step[]): OpenWireMessage[] {
  const clients = new Set<string | null | undefined>()
  const found = new Map<string, OpenWireMessage>()
  for (const step of steps) {
    if (step.kind !== 'frame') continue
    const { structure } = step
    if (structure.dataType === DataType.ConnectionInfo) clients.add(structure.connectionId?.value)
    if (structure.dataType !== DataType.MessageDispatch || structure.message === null) continue
    const { message } = structure
    if (!isMessage(message) || message.type === 'Advisory' || message.messageId === null) continue
    if (clients.has(message.messageId.producerId?.connectionId)) continue
    const id = messageIdText(message.messageId)
    if (!found.has(id)) found.set(id, message)
  }
  return [...found.values()]
}

/** The recorded broker counted its messages, this one counts its own: what the client gives back is translated. */
export class Keys {
  readonly #keys = new Map<string, Long>()

  learn(recorded: MessageId | null, ours: MessageId | null): void {
    if (recorded === null || ours === null) return
    this.#keys.set(String(recorded.brokerSequenceId), ours.brokerSequenceId)
  }

  translate(recorded: Long): Long {
    return this.#keys.get(String(recorded)) ?? recorded
  }
}
