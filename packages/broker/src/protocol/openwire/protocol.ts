import { type Logger, silentLogger } from '@millrace/base'
import type { Broker } from '../../core/broker.ts'
import type { Conversation, Output, Peer, Protocol } from '../protocol.ts'
import { OpenWireConversation } from './conversation.ts'
import { openWireDefaults, type OpenWireSettings } from './settings.ts'

/** Behind the frame size, four bytes: the type code of WireFormatInfo, and its magic. */
const GREETING = Buffer.from('\u0001ActiveMQ', 'latin1')
const SIZE_BYTES = 4

/** The protocol of ActiveMQ's own clients, versions 1 to 12. */
export class OpenWireProtocol implements Protocol {
  readonly name = 'openwire'
  readonly #settings: OpenWireSettings
  readonly #log: Logger

  constructor(settings: OpenWireSettings = openWireDefaults, log: Logger = silentLogger) {
    this.#settings = settings
    this.#log = log
  }

  claims(first: Buffer): boolean | undefined {
    const seen = first.subarray(SIZE_BYTES, SIZE_BYTES + GREETING.length)
    if (!GREETING.subarray(0, seen.length).equals(seen)) return false
    return seen.length === GREETING.length ? true : undefined
  }

  open(output: Output, peer: Peer, broker: Broker): Conversation {
    const conversation = new OpenWireConversation(output, peer, broker, this.#settings, this.#log)
    conversation.greet()
    return conversation
  }
}
