import type { AgreedLink } from './transport/transport.ts'

/** What the broker of a link can do, as far as it can be known from what it says of itself. */
export interface BrokerCapabilities {
  /** As it calls itself: `Millrace`, or `ActiveMQ`, which is also what Artemis says. null: nothing. */
  readonly product: string | null
  readonly version: string | null
  /** The version of OpenWire that both sides speak, 1 to 12. */
  readonly openWireVersion: number
  /** `prefetchSize: 0`: messages are asked for one by one. OpenWire 2. */
  readonly pull: boolean
  /** `producerWindowSize`: one-way sends are acknowledged. OpenWire 3. */
  readonly producerWindow: boolean
  /** After a fail-over nothing is delivered before the broker knows the open transactions. OpenWire 6. */
  readonly orderlyRecovery: boolean
  /** `sync()` and `flush()` say that what was sent before is on disk; elsewhere that the broker has handled it. */
  readonly syncIsDurable: boolean
  /** JMS 2.0 shared subscriptions. OpenWire has no word for them: false. */
  readonly sharedSubscriptions: boolean
}

/** For the owner of the link. */
export function capabilitiesOf(agreed: AgreedLink): BrokerCapabilities {
  const { version, provider } = agreed
  return {
    product: provider.name,
    version: provider.version,
    openWireVersion: version,
    pull: version >= 2,
    producerWindow: version >= 3,
    orderlyRecovery: version >= 6,
    syncIsDurable: provider.name === 'Millrace',
    sharedSubscriptions: false,
  }
}
