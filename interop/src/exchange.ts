/**
 * Messages in the form in which clients of different languages are compared. Values carry the names of the Java types: a long is
 * decimal text, bytes are hexadecimal, a float is the double of the same value, and what JSON has no number for is its Java text.
 */
export type Value =
  | { readonly type: 'null'; readonly value: null }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'byte' | 'short' | 'int'; readonly value: number }
  | { readonly type: 'float' | 'double'; readonly value: number | 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { readonly type: 'long' | 'char' | 'string' | 'bytes'; readonly value: string }

export type Kind = 'text' | 'bytes' | 'map' | 'stream' | 'object' | 'message'

export interface Outgoing {
  readonly kind: Kind
  /** text: the text; bytes, object: hexadecimal; map: values by name; stream: values. */
  readonly body?: string | Readonly<Record<string, Value>> | readonly Value[] | null
  readonly headers?: {
    readonly correlationId?: string
    readonly type?: string
    readonly replyTo?: string
    readonly groupId?: string
  }
  readonly properties?: Readonly<Record<string, Value>>
}

export interface Incoming {
  readonly kind: Kind
  readonly body: string | Readonly<Record<string, Value>> | readonly Value[] | null
  readonly headers: {
    readonly messageId: string | null
    readonly correlationId: string | null
    readonly type: string | null
    readonly destination: string | null
    readonly replyTo: string | null
    readonly persistent: boolean
    readonly priority: number
    /** Milliseconds since 1970, decimal. */
    readonly timestamp: string
    readonly expiration: string
    readonly redelivered: boolean
    /** 1 the first time. */
    readonly deliveryCount: number
    readonly groupId?: string | null
    readonly groupSequence?: number
  }
  readonly properties: Readonly<Record<string, Value>>
}

export function text(body: string, properties: Record<string, Value> = {}): Outgoing {
  return { kind: 'text', body, properties }
}

export const int = (value: number): Value => ({ type: 'int', value })
export const long = (value: number): Value => ({ type: 'long', value: String(value) })
export const string = (value: string): Value => ({ type: 'string', value })
