import type { Linked } from '@millrace/base'
import type { MessageId, OpenWireMessage } from '@millrace/openwire'
import type { WireDestination } from '../destination.ts'
import type { Message, Receipt, Settlement } from '../messages/message.ts'

/** Settles a delivery; implemented by its consumer. */
export interface DeliveryOwner {
  acknowledgeDelivery(delivery: Delivery): Promise<void>
  settleDelivery(delivery: Delivery, settlement: Settlement): Promise<void>
}

/**
 * One message that the broker has dispatched to one consumer, until it is settled. It is in one list at most: what waits
 * for the application, or what the application has and has not acknowledged.
 */
export class Delivery implements Linked<Delivery>, Receipt {
  previous: Delivery | null = null
  next: Delivery | null = null
  readonly owner: DeliveryOwner
  /** Never changed: each delivery of it to the application is made from this. */
  readonly wire: OpenWireMessage
  /** The concrete destination that it sits in. */
  readonly destination: WireDestination | null
  /** Earlier deliveries. */
  redeliveries: number
  /** The application has it, and it is not acknowledged. */
  held = false
  /** A listener has it now. */
  running = false
  /** Given back by the listener that has it: it comes again when that is done, and not beside it. */
  releasing = false
  /** Counted in a range of delivered messages, sent or not. */
  ranged = false
  /** What a transformer made of it; taken by the next delivery to the application. */
  transformed: Message | null = null
  /** The application is done with it, whether or not the broker knows. */
  finished = false
  /** It looks as if the application had it before. */
  suspect = false
  /** In the buffer a second time, because it was given back. */
  returned = false
  /** What a listener threw at its last delivery; null: nothing. The broker hears of it when the message is given up. */
  failure: unknown = null
  /** Of the link that it came over: `connection.epoch`. An acknowledgement over another one would mean nothing. */
  readonly epoch: number

  constructor(
    owner: DeliveryOwner,
    wire: OpenWireMessage,
    destination: WireDestination | null,
    redeliveries: number,
    epoch: number,
  ) {
    this.owner = owner
    this.wire = wire
    this.destination = destination
    this.redeliveries = redeliveries
    this.epoch = epoch
  }

  get messageId(): MessageId | null {
    return this.wire.messageId
  }

  acknowledge(): Promise<void> {
    return this.owner.acknowledgeDelivery(this)
  }

  settle(settlement: Settlement): Promise<void> {
    return this.owner.settleDelivery(this, settlement)
  }
}
