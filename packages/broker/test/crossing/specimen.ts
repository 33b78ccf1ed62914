/** A value with its type, as Java has it; a long as its digits, bytes in hex. */
export type Value =
  | readonly ['null', null]
  | readonly ['boolean', boolean]
  | readonly ['byte' | 'short' | 'int' | 'float' | 'double', number]
  | readonly ['long' | 'string' | 'char' | 'bytes', string]
  | readonly ['map', Values]
  | readonly ['list', readonly Value[]]

export type Values = { readonly [name: string]: Value }

/** What kind a body is, and the body: a text, bytes in hex, a map, a stream. */
export type Body =
  | { readonly kind: 'none'; readonly body: null }
  | { readonly kind: 'text'; readonly body: string | null }
  | { readonly kind: 'bytes' | 'object'; readonly body: string }
  | { readonly kind: 'map'; readonly body: Values }
  | { readonly kind: 'stream'; readonly body: readonly Value[] }

/** What is sent, in the words of no protocol. */
export type Specimen = Body & {
  readonly contentType?: string
  readonly properties?: Values
  /** Default: true. */
  readonly persistent?: boolean
  /** Default: 4. */
  readonly priority?: number
  /** It expires, some time. */
  readonly expires?: boolean
  /** `queue://A` */
  readonly replyTo?: string
  readonly correlationId?: string
  readonly type?: string
  readonly groupId?: string
  readonly groupSequence?: number
}

/** What is known to who has sent it. */
export interface Sent {
  /** ms since 1970. */
  readonly timestamp: number
  /** ms since 1970; 0: never. */
  readonly expiration: number
}

/** What is read, in the words of no protocol. */
export interface Seen {
  readonly kind: Body['kind']
  readonly body: unknown
  readonly contentType: string | null
  readonly properties: Values
  readonly persistent: boolean
  readonly priority: number
  readonly expiration: number
  readonly timestamp: number
  readonly replyTo: string | null
  readonly correlationId: string | null
  readonly type: string | null
  readonly groupId: string | null
  readonly groupSequence: number
}

/** What would be seen if nothing was lost on the way. */
export function unchanged(specimen: Specimen, sent: Sent): Seen {
  return {
    kind: specimen.kind,
    body: specimen.body,
    contentType: specimen.contentType ?? null,
    properties: specimen.properties ?? {},
    persistent: specimen.persistent ?? true,
    priority: specimen.priority ?? 4,
    expiration: sent.expiration,
    timestamp: sent.timestamp,
    replyTo: specimen.replyTo ?? null,
    correlationId: specimen.correlationId ?? null,
    type: specimen.type ?? null,
    groupId: specimen.groupId ?? null,
    groupSequence: specimen.groupSequence ?? 0,
  }
}
