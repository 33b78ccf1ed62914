import { encodePrimitiveMap, type PrimitiveMap, primitiveOf } from '@millrace/base'
import type { Message } from '../../../src/message/message.ts'
import { property } from '../../../src/message/properties.ts'
import { type Client, type SendOptions, type TestReply, at } from '../world.ts'

export interface ScheduleOptions extends SendOptions {
  readonly delay?: number
  readonly period?: number
  readonly repeat?: number
  readonly cron?: string
  readonly zone?: string
  readonly key?: string
  readonly timestamp?: number
  readonly more?: Readonly<Record<string, unknown>>
}

export function properties(message: Message, values: Readonly<Record<string, unknown>>): Message {
  const map: PrimitiveMap = new Map()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) map.set(name, primitiveOf(value))
  message.properties = encodePrimitiveMap(map)
  return message
}

/** A message with the properties that schedule it. */
export function scheduled(client: Client, destination: string, text: string, options: ScheduleOptions): Message {
  const message = client.message(destination, text, options)
  message.timestamp = options.timestamp ?? client.world.clock.now()
  return properties(message, {
    AMQ_SCHEDULED_DELAY: options.delay,
    AMQ_SCHEDULED_PERIOD: options.period,
    AMQ_SCHEDULED_REPEAT: options.repeat,
    AMQ_SCHEDULED_CRON: options.cron,
    millraceScheduleZone: options.zone,
    millraceScheduleKey: options.key,
    ...options.more,
  })
}

/** Sends without ending the turn. */
export function postLater(client: Client, destination: string, text: string, options: ScheduleOptions): TestReply {
  const reply = client.world.reply()
  const message = scheduled(client, destination, text, options)
  client.world.broker.send(client.producer(destination), message, reply)
  return reply
}

export function sendLater(client: Client, destination: string, text: string, options: ScheduleOptions): TestReply {
  const reply = postLater(client, destination, text, options)
  client.world.run()
  return reply
}

/** A request to the scheduler. */
export function ask(
  client: Client,
  values: Readonly<Record<string, unknown>>,
  replyTo: string | null = null,
): TestReply {
  const destination = 'topic://ActiveMQ.Scheduler.Management'
  const message = properties(client.message(destination, '', { persistent: false }), values)
  message.replyTo = replyTo === null ? null : at(replyTo)
  const reply = client.world.reply()
  client.world.broker.send(client.producer(destination), message, reply)
  client.world.run()
  return reply
}

export function valueOf(message: Message, name: string): unknown {
  const value = property(message, name)?.value ?? null
  return typeof value === 'bigint' ? Number(value) : value
}
