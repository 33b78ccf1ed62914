import type { Buffer } from 'node:buffer'
import { type Logger, silentLogger } from '@millrace/base'
import type { Broker } from '../../core/broker.ts'
import type { Conversation, Output, Peer, Protocol } from '../protocol.ts'
import { type ConversationLimits, limitsOf, StompConversation } from './conversation.ts'
import { stompDefaults, type StompSettings } from './settings.ts'

/** The commands that a client may begin with. */
const GREETINGS: readonly string[] = ['CONNECT', 'STOMP']

/** STOMP 1.0, 1.1 and 1.2. */
export class StompProtocol implements Protocol {
  readonly name = 'stomp'
  readonly #settings: StompSettings
  readonly #limits: ConversationLimits
  readonly #log: Logger

  constructor(settings: StompSettings = stompDefaults, log: Logger = silentLogger) {
    this.#settings = settings
    this.#limits = limitsOf(settings)
    this.#log = log
  }

  /** Ends of line may come before the first frame as before any other. */
  claims(first: Buffer): boolean | undefined {
    let at = 0
    while (at < first.length && (first[at] === 0x0a || first[at] === 0x0d)) at++
    const seen = first.toString('latin1', at, at + 7)
    let undecided = false
    for (const greeting of GREETINGS) {
      if (seen.startsWith(greeting)) return true
      if (greeting.startsWith(seen)) undecided = true
    }
    return undecided ? undefined : false
  }

  open(output: Output, peer: Peer, broker: Broker): Conversation {
    return new StompConversation(output, peer, broker, this.#settings, this.#limits, this.#log)
  }
}
