import { channel } from 'node:diagnostics_channel'
import { decodePrimitiveMap, encodePrimitiveMap, type PrimitiveMap, PrimitiveTag } from '@millrace/base'
import type { OpenWireMessage } from '@millrace/openwire'
import type { Destination } from '../destination.ts'
import type { JMSError } from '../errors.ts'
import { copyOf, type Message } from '../messages/message.ts'

/** What a hook is told of a send or a delivery. */
export interface MessageEvent {
  readonly message: Message
  readonly destination: Destination
  /** The address of the broker. */
  readonly address: string
}

/**
 * Looks at sends and deliveries, and carries the context of a trace from one to the other in properties of the messages.
 * One object for a factory: option `telemetry`. Without it nothing of this is done. See `openTelemetry`.
 */
export interface Telemetry {
  /**
   * Before a message is encoded. `set` adds a text property to what is sent, and not to the caller's message. The function
   * that it returns is called when the send is settled: one-way sends when the transport has taken them.
   */
  send?(event: MessageEvent, set: (name: string, value: string) => void): ((error: JMSError | null) => void) | undefined
  /**
   * Instead of calling a listener: calls `next`, within whatever context the properties of the message name, and returns
   * what it returns. For `receive()` and loops call it yourself.
   */
  process?<Result>(event: MessageEvent, next: () => Result): Result
}

/** A channel of node:diagnostics_channel: a message is handed to the transport, or gets in line. It gets a MessageEvent. */
export const SEND_CHANNEL = 'millrace:client:send'
/** A channel of node:diagnostics_channel: a message is given to the application. It gets a MessageEvent. */
export const DELIVER_CHANNEL = 'millrace:client:deliver'

/** For this package. */
export const sendChannel: ReturnType<typeof channel> = /* @__PURE__ */ channel(SEND_CHANNEL)
/** For this package. */
export const deliverChannel: ReturnType<typeof channel> = /* @__PURE__ */ channel(DELIVER_CHANNEL)

/** For this package: a copy of what is sent, with what the hook adds, and what the hook wants to hear of the end. */
export function traced(
  telemetry: Telemetry,
  wire: OpenWireMessage,
  event: MessageEvent,
): { readonly wire: OpenWireMessage; readonly done: ((error: JMSError | null) => void) | undefined } {
  const own = copyOf(wire)
  let properties: PrimitiveMap | null = null
  const done = telemetry.send?.(event, (name, value) => {
    properties ??=
      (own.marshalledProperties === null ? null : decodePrimitiveMap(own.marshalledProperties)) ?? new Map()
    properties.set(name, { tag: PrimitiveTag.String, value })
  })
  if (properties !== null) own.marshalledProperties = encodePrimitiveMap(properties)
  return { wire: own, done }
}
