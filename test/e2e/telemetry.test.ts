/** Traces through messages, as OpenTelemetry has them, with the context of W3C and a tracer of a few lines. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import {
  AcknowledgeMode,
  DELIVER_CHANNEL,
  type MessageEvent,
  openTelemetry,
  type OtelApi,
  type OtelSpan,
  SEND_CHANNEL,
} from '@millrace/client'
import { failover } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'

interface Context {
  readonly trace: string
  readonly span: string
}

class Span implements OtelSpan, Context {
  readonly name: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, string>>
  readonly trace: string
  readonly span: string
  readonly parent: string
  error = ''
  ended = false

  constructor(name: string, kind: number, attributes: Record<string, string>, parent: Context, id: number) {
    this.name = name
    this.kind = kind
    this.attributes = attributes
    this.trace = parent.trace
    this.parent = parent.span
    this.span = `span${id}`
  }

  setStatus(status: { code: number; message?: string }): void {
    assert.equal(status.code, 2)
    this.error = status.message ?? ''
  }

  recordException(error: Error): void {
    assert.ok(error instanceof Error)
  }

  end(): void {
    assert.equal(this.ended, false, 'ended twice')
    this.ended = true
  }
}

/** Spans in the order in which they began. */
class Tracer implements OtelApi<Context> {
  readonly spans: Span[] = []
  readonly #storage = new AsyncLocalStorage<Context>()
  readonly #root: Context = { trace: 'none', span: '' }

  readonly context: OtelApi<Context>['context'] = {
    active: () => this.#storage.getStore() ?? this.#root,
    with: (context, work) => this.#storage.run(context, work),
  }

  readonly propagation: OtelApi<Context>['propagation'] = {
    inject: (context, carrier, setter) => setter.set(carrier, 'traceparent', `00-${context.trace}-${context.span}-01`),
    extract: (context, carrier, getter) => {
      const [, trace, span] = (getter.get(carrier, 'traceparent') ?? '').split('-')
      return trace === undefined || span === undefined ? context : { trace, span }
    },
  }

  readonly trace: OtelApi<Context>['trace'] = {
    getTracer: () => ({
      startSpan: (name, { kind, attributes }, context) => {
        const span = new Span(name, kind, attributes, context, this.spans.length)
        this.spans.push(span)
        return span
      },
    }),
    setSpan: (_context, span: Span) => span,
  }
}

test('a trace goes with the message: the listener runs in a span that continues that of the send', async (t) => {
  const broker = await startBroker(t)
  const tracer = new Tracer()
  const connection = await broker.connect({ telemetry: openTelemetry(tracer) })
  const session = await connection.createSession()
  const queue = session.createQueue('TRACED')
  const producer = await session.createProducer(queue)
  const message = session.createTextMessage('x')
  message.setStringProperty('own', 'stays')
  await tracer.context.with({ trace: 'trace1', span: 'request' }, () => producer.send(message))
  assert.deepEqual(message.propertyNames.includes('traceparent'), false, "the caller's message is not changed")
  const consumer = await session.createConsumer(queue)
  const inside = await new Promise<Context>((resolve) => {
    void consumer.setMessageListener(async (received) => {
      assert.equal(received.getStringProperty('own'), 'stays')
      await Promise.resolve()
      resolve(tracer.context.active())
    })
  })
  await connection.sync()
  const [send, process] = tracer.spans
  assert.ok(send !== undefined && process !== undefined)
  assert.deepEqual([send.name, send.kind, send.trace, send.parent], ['send TRACED', 3, 'trace1', 'request'])
  assert.deepEqual(
    [process.name, process.kind, process.trace, process.parent],
    ['process TRACED', 4, 'trace1', send.span],
  )
  assert.equal(inside.span, process.span)
  assert.equal(process.attributes['messaging.message.id'], message.jmsMessageID)
  assert.deepEqual(
    tracer.spans.map((span) => span.ended),
    [true, true],
  )
})

test('spans of sends and listeners that fail end with the error', async (t) => {
  const { connection, ...it } = await failover(t, '', { telemetry: openTelemetry(new Tracer()) })
  const tracer = new Tracer()
  const own = await it.connect({ telemetry: openTelemetry(tracer), redeliveryPolicy: { maximumRedeliveries: 0 } })
  const session = await own.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const producer = await session.createProducer(session.createQueue('FAILS'))
  await assert.rejects(producer.send(session.createTextMessage('x'.repeat(120_000_000))))
  await producer.send(session.createTextMessage('one-way'), { confirm: false })
  const completed = new Promise<void>((resolve) => {
    void producer.send(session.createTextMessage('with callback'), { onComplete: () => resolve() })
  })
  await completed
  const consumer = await session.createConsumer(session.createQueue('FAILS'))
  await consumer.setMessageListener(() => {
    throw new Error('cannot')
  })
  const watch = await connection.createSession()
  const dead = await watch.createConsumer(watch.createQueue('ActiveMQ.DLQ'))
  for (const text of ['one-way', 'with callback']) assert.equal(textOf(await dead.receive(SOON)), text)
  assert.deepEqual(
    tracer.spans.map((span) => [span.name, span.error === '', span.ended]),
    [
      ['send FAILS', false, true],
      ['send FAILS', true, true],
      ['send FAILS', true, true],
      ['process FAILS', false, true],
      ['process FAILS', false, true],
    ],
  )
})

test('sends and deliveries are told on diagnostics channels', async (t) => {
  const broker = await startBroker(t)
  const told: string[] = []
  const listen = (event: unknown, name: string | symbol): void => {
    const { message, destination, address } = event as MessageEvent
    if (destination.name === 'DIAGNOSED') told.push(`${String(name)} ${textOf(message)} ${address === broker.url}`)
  }
  for (const name of [SEND_CHANNEL, DELIVER_CHANNEL]) {
    subscribe(name, listen)
    t.after(() => unsubscribe(name, listen))
  }
  const session = await (await broker.connect()).createSession()
  const queue = session.createQueue('DIAGNOSED')
  await (await session.createProducer(queue)).send(session.createTextMessage('x'))
  await (await session.createConsumer(queue)).receive(SOON)
  assert.deepEqual(told, ['millrace:client:send x true', 'millrace:client:deliver x true'])
})
