import { MillraceError } from '@millrace/base'
import { Destination } from '../../message/destination.ts'
import { Message, MessageKind } from '../../message/message.ts'
import type { Schedule } from '../../message/schedule.ts'
import type { DurableRecord } from '../../store/store.ts'

/*
 * One line of an archive is one JSON object with one member, which says what it is; docs/store.md lists them. Properties
 * and body are base64 of the bytes that the store has (OpenWire's encodings). What is at its default is left out.
 */

export const ARCHIVE_VERSION = 1

export type ArchiveLine =
  | { readonly archive: { readonly version: number; readonly store: string } }
  | { readonly durable: DurableLine }
  | { readonly queue: { readonly name: string } }
  | { readonly message: MessageLine }
  | { readonly end: { readonly messages: number; readonly checksum: string } }

export interface DurableLine {
  readonly clientId: string
  readonly name: string
  readonly destination: string
  readonly selector?: string
  readonly noLocal?: true
  readonly shared?: true
}

export interface MessageLine {
  readonly queue: string
  readonly key: number
  readonly destination: string
  readonly producer: string
  readonly sequence: number
  readonly kind: string
  readonly persistent?: true
  readonly compressed?: true
  readonly priority?: number
  readonly expiration?: number
  readonly timestamp?: number
  readonly brokerInTime?: number
  readonly originalDestination?: string
  readonly replyTo?: string
  readonly id?: string
  readonly correlationId?: string
  readonly type?: string
  readonly groupId?: string
  readonly groupSequence?: number
  readonly userId?: string
  readonly transactionId?: string
  readonly properties?: string
  readonly body?: string
  readonly blob?: { readonly url: string | null; readonly mimeType: string | null; readonly deletedByBroker: boolean }
  readonly schedule?: Schedule
}

const KINDS: readonly string[] = Object.keys(MessageKind).map((name) => name.toLowerCase())

/** What has the value that a new message has is not written. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  persistent: false,
  compressed: false,
  priority: 4,
  expiration: 0,
  timestamp: 0,
  brokerInTime: 0,
  groupSequence: 0,
}

export function messageLine(queue: string, key: number, message: Message): MessageLine {
  const whole: Record<string, unknown> = {
    queue,
    key,
    destination: message.destination.text,
    producer: message.producerId,
    sequence: message.producerSequence,
    kind: KINDS[message.kind] ?? 'plain',
    persistent: message.persistent,
    compressed: message.compressed,
    priority: message.priority,
    expiration: message.expiration,
    timestamp: message.timestamp,
    brokerInTime: message.brokerInTime,
    originalDestination: message.originalDestination?.text ?? null,
    replyTo: message.replyTo?.text ?? null,
    id: message.textId,
    correlationId: message.correlationId,
    type: message.type,
    groupId: message.groupId,
    groupSequence: message.groupSequence,
    userId: message.userId,
    transactionId: message.transactionId,
    properties: message.properties?.toString('base64') ?? null,
    body: message.body?.toString('base64') ?? null,
    blob: message.blob,
    schedule: message.schedule,
  }
  const line: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(whole)) if (value !== null && value !== DEFAULTS[name]) line[name] = value
  return line as unknown as MessageLine
}

export function durableLine(record: DurableRecord): DurableLine {
  return {
    clientId: record.clientId,
    name: record.name,
    destination: record.destination.text,
    ...(record.selector === null ? {} : { selector: record.selector }),
    ...(record.noLocal ? { noLocal: true as const } : {}),
    ...(record.shared === true ? { shared: true as const } : {}),
  }
}

export function durableOf(line: DurableLine): DurableRecord {
  const record = {
    clientId: text(line.clientId, 'clientId'),
    name: text(line.name, 'name'),
    destination: Destination.parse(text(line.destination, 'destination')),
    selector: line.selector === undefined ? null : text(line.selector, 'selector'),
    noLocal: line.noLocal === true,
  }
  return line.shared === true ? { ...record, shared: true } : record
}

export function messageOf(line: MessageLine): Message {
  const destination = Destination.parse(text(line.destination, 'destination'))
  const message = new Message(destination, text(line.producer, 'producer'), number(line.sequence, 'sequence'))
  const kind = KINDS.indexOf(line.kind)
  if (kind < 0) throw wrong('kind', line.kind)
  message.kind = kind as MessageKind
  message.persistent = line.persistent === true
  message.compressed = line.compressed === true
  message.priority = number(line.priority ?? 4, 'priority')
  message.expiration = number(line.expiration ?? 0, 'expiration')
  message.timestamp = number(line.timestamp ?? 0, 'timestamp')
  message.brokerInTime = number(line.brokerInTime ?? 0, 'brokerInTime')
  message.groupSequence = number(line.groupSequence ?? 0, 'groupSequence')
  message.originalDestination = destinationOrNull(line.originalDestination, 'originalDestination')
  message.replyTo = destinationOrNull(line.replyTo, 'replyTo')
  message.textId = textOrNull(line.id, 'id')
  message.correlationId = textOrNull(line.correlationId, 'correlationId')
  message.type = textOrNull(line.type, 'type')
  message.groupId = textOrNull(line.groupId, 'groupId')
  message.userId = textOrNull(line.userId, 'userId')
  message.transactionId = textOrNull(line.transactionId, 'transactionId')
  message.properties = bytesOrNull(line.properties, 'properties')
  message.body = bytesOrNull(line.body, 'body')
  if (line.blob !== undefined) {
    message.blob = {
      url: textOrNull(line.blob.url ?? undefined, 'blob.url'),
      mimeType: textOrNull(line.blob.mimeType ?? undefined, 'blob.mimeType'),
      deletedByBroker: line.blob.deletedByBroker === true,
    }
  }
  if (line.schedule !== undefined) message.schedule = scheduleOf(line.schedule)
  return message
}

function scheduleOf(line: Schedule): Schedule {
  return {
    id: text(line.id, 'schedule.id'),
    key: textOrNull(line.key ?? undefined, 'schedule.key'),
    dueMs: number(line.dueMs, 'schedule.dueMs'),
    delayMs: number(line.delayMs, 'schedule.delayMs'),
    periodMs: number(line.periodMs, 'schedule.periodMs'),
    repeats: number(line.repeats, 'schedule.repeats'),
    cron: textOrNull(line.cron ?? undefined, 'schedule.cron'),
    zone: textOrNull(line.zone ?? undefined, 'schedule.zone'),
  }
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, value)
  return value
}

function textOrNull(value: unknown, name: string): string | null {
  return value === undefined ? null : text(value, name)
}

export function number(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(name, value)
  return value
}

function destinationOrNull(value: unknown, name: string): Destination | null {
  return value === undefined ? null : Destination.parse(text(value, name))
}

function bytesOrNull(value: unknown, name: string): Buffer | null {
  return value === undefined ? null : Buffer.from(text(value, name), 'base64')
}

function wrong(name: string, value: unknown): MillraceError {
  return new MillraceError('STORE_DAMAGED', `${name} is ${JSON.stringify(value)?.slice(0, 100) ?? 'missing'}`)
}
