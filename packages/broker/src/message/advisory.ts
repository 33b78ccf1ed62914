import type { Destination } from './destination.ts'

/**
 * What an advisory message tells, in the core's words; each protocol that can show it encodes it its own way (OpenWire:
 * the `dataStructure` of a plain message on a topic below `ActiveMQ.Advisory.`).
 */
export type Advisory =
  | { readonly kind: 'destination-added'; readonly destination: Destination; readonly connectionId: string | null }
  | { readonly kind: 'destination-removed'; readonly destination: Destination; readonly connectionId: string | null }
  | { readonly kind: 'consumer-added'; readonly destination: Destination; readonly consumerId: string }
  | { readonly kind: 'consumer-removed'; readonly destination: Destination; readonly consumerId: string }
  | { readonly kind: 'producer-added'; readonly destination: Destination; readonly producerId: string }
  | { readonly kind: 'producer-removed'; readonly destination: Destination; readonly producerId: string }
  | { readonly kind: 'connection-added'; readonly connectionId: string; readonly clientId: string }
  | { readonly kind: 'connection-removed'; readonly connectionId: string }
