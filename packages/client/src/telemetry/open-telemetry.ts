import type { MessageEvent, Telemetry } from './telemetry.ts'

/** As much of a span of `@opentelemetry/api` as is used here. */
export interface OtelSpan {
  setStatus(status: { code: number; message?: string }): unknown
  recordException(error: Error): unknown
  end(): unknown
}

/** As much of `@opentelemetry/api` 1.x as is used here: pass the module itself. */
export interface OtelApi<Context = unknown> {
  readonly context: { active(): Context; with<Result>(context: Context, work: () => Result): Result }
  readonly propagation: {
    inject<Carrier>(
      context: Context,
      carrier: Carrier,
      setter: { set(carrier: Carrier, name: string, value: string): void },
    ): void
    extract<Carrier>(
      context: Context,
      carrier: Carrier,
      getter: { get(carrier: Carrier, name: string): string | undefined; keys(carrier: Carrier): string[] },
    ): Context
  }
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: { kind: number; attributes: Record<string, string> }, context: Context): OtelSpan
    }
    setSpan(context: Context, span: never): Context
  }
}

// Numbers of the API; types alone are taken from it.
const PRODUCER = 3
const CONSUMER = 4
const ERROR = 2

/**
 * Spans and context for OpenTelemetry: `new ConnectionFactory(url, { telemetry: openTelemetry(api) })`, where `api` is the
 * module `@opentelemetry/api` of the application. A send is a span of kind PRODUCER, whose context goes along in text
 * properties (`traceparent`, or whatever the propagators of the application write); a listener runs in a span of kind
 * CONSUMER that continues it. Names and attributes are those of the semantic conventions for messaging.
 */
export function openTelemetry<Context>(api: OtelApi<Context>): Required<Telemetry> {
  const tracer = api.trace.getTracer('@millrace/client')
  const begin = (what: 'send' | 'process', kind: number, event: MessageEvent, context: Context): OtelSpan => {
    const { name } = event.destination
    const attributes: Record<string, string> = {
      'messaging.system': 'activemq',
      'messaging.operation.name': what,
      'messaging.operation.type': what,
      'messaging.destination.name': name,
    }
    const { jmsMessageID, jmsCorrelationID } = event.message
    if (jmsMessageID !== null) attributes['messaging.message.id'] = jmsMessageID
    if (jmsCorrelationID !== null) attributes['messaging.message.conversation_id'] = jmsCorrelationID
    return tracer.startSpan(`${what} ${name}`, { kind, attributes }, context)
  }
  return {
    send(event, set) {
      const parent = api.context.active()
      const span = begin('send', PRODUCER, event, parent)
      api.propagation.inject(api.trace.setSpan(parent, span as never), set, {
        set: (into, name, value) => into(name, value),
      })
      return (error) => ended(span, error)
    },
    process(event, next) {
      const parent = api.propagation.extract(api.context.active(), event.message, {
        get: (message, name) => textOf(message.getObjectProperty(name)),
        keys: (message) => message.propertyNames,
      })
      const span = begin('process', CONSUMER, event, parent)
      return api.context.with(api.trace.setSpan(parent, span as never), () => spanning(span, next))
    },
  }
}

function spanning<Result>(span: OtelSpan, next: () => Result): Result {
  let result: Result
  try {
    result = next()
  } catch (error) {
    ended(span, error)
    throw error
  }
  if (!(result instanceof Promise)) {
    ended(span, null)
    return result
  }
  // Whoever called looks at the promise itself.
  result.then(
    () => ended(span, null),
    (error: unknown) => ended(span, error),
  )
  return result
}

function ended(span: OtelSpan, error: unknown): void {
  if (error !== null) {
    const thrown = error instanceof Error ? error : new Error(String(error))
    span.recordException(thrown)
    span.setStatus({ code: ERROR, message: thrown.message })
  }
  span.end()
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
