import type { BrokerService } from '../../src/service.ts'
import type { Seen, Sent, Specimen } from './specimen.ts'
import type { Reader } from './table.ts'

/** What the table asks of a protocol. */
export interface Adapter {
  /** `STOMP 1.2` */
  readonly name: string
  readonly column: Reader
  /** Whether it has words for all of it. */
  canSend(specimen: Specimen): boolean
  open(service: BrokerService): Promise<Peer>
}

/** A client that speaks it. `destination`: `queue://A` or `topic://A`. */
export interface Peer {
  /** Resolves when the broker has it. */
  send(destination: string, specimen: Specimen): Promise<Sent>
  /** From now on what comes there is kept; resolves when the broker knows. Called once. */
  subscribe(destination: string): Promise<void>
  /** The next message that comes, acknowledged. */
  read(): Promise<Seen>
  close(): Promise<void>
}
