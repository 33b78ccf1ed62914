import type { Protocol } from '../protocol/protocol.ts'
import type { Door } from './entrance.ts'

/** A transport connector, as its connections know it. */
export interface Connector {
  /** `openwire://127.0.0.1:61616` */
  readonly text: string
  readonly protocols: readonly Protocol[]
  readonly connectionsMax: number
  /** What may come before a protocol does. Absent: nothing, and the first byte is the protocol's. */
  readonly door?: Door | null
}
