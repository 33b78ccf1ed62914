/** Whatever one client sends, another one gets: body, properties with their types, headers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Incoming, Outgoing, Value } from './exchange.ts'
import type { Party } from './party.ts'
import { notReadByJava, specimens } from './specimens.ts'

export interface Way {
  readonly from: Party
  readonly to: Party
  readonly url: string
  readonly through: string
}

export function crossing({ from, to, url, through }: Way): void {
  describe(`From the ${from.name} to the ${to.name} through ${through}`, () => {
    const readable = to.name.startsWith('Java') ? specimens : { ...specimens, ...notReadByJava }
    for (const [name, specimen] of Object.entries(readable)) {
      for (const persistent of [true, false]) {
        it(`${name}, ${persistent ? 'persistent' : 'not persistent'}, arrives as it was sent`, async () => {
          const queue = `queue://crossing.${from.name}.${to.name}.${name}.${persistent}`.replace(/ /g, '-')
          const [sending, receiving] = [await from.connect(url), await to.connect(url)]
          try {
            await receiving.start()
            const producer = await (await sending.session()).producer(queue)
            const sent = await producer.send(specimen, { persistent, priority: 7, timeToLive: 600_000 })
            const consumer = await (await receiving.session()).consumer(queue)
            check(await consumer.receive(), specimen, sent, persistent, queue)
          } finally {
            await sending.close()
            await receiving.close()
          }
        })
      }
    }
  })
}

function check(got: Incoming, specimen: Outgoing, sent: Incoming, persistent: boolean, queue: string): void {
  assert.equal(got.kind, specimen.kind)
  assert.deepEqual(sorted(got.kind === 'object' ? unreset(got.body) : got.body), sorted(specimen.body ?? null))
  assert.deepEqual(sorted(own(got.properties)), sorted(specimen.properties ?? {}))
  const { headers } = got
  assert.deepEqual(
    {
      messageId: headers.messageId,
      correlationId: headers.correlationId,
      type: headers.type,
      destination: headers.destination,
      replyTo: headers.replyTo,
      persistent: headers.persistent,
      priority: headers.priority,
      timestamp: headers.timestamp,
      expiration: headers.expiration,
      redelivered: headers.redelivered,
      deliveryCount: headers.deliveryCount,
      groupId: headers.groupId,
    },
    {
      messageId: sent.headers.messageId,
      correlationId: specimen.headers?.correlationId ?? null,
      type: specimen.headers?.type ?? null,
      destination: queue,
      replyTo: specimen.headers?.replyTo ?? null,
      persistent,
      priority: 7,
      timestamp: sent.headers.timestamp,
      expiration: String(Number(sent.headers.timestamp) + 600_000),
      redelivered: false,
      deliveryCount: 1,
      groupId: specimen.headers?.groupId ?? null,
    },
  )
}

/** The Java client ends a serialised object with a reset of the stream, which is no part of the object. */
function unreset(body: Incoming['body']): Incoming['body'] {
  return typeof body === 'string' ? body.replace(/79$/, '') : body
}

/** Without the JMSX properties, which clients list or do not, and which are compared as headers. */
function own(properties: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !name.startsWith('JMSX')))
}

function sorted(body: Incoming['body']): unknown {
  if (body === null || typeof body === 'string' || Array.isArray(body)) return body
  return Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1))
}
