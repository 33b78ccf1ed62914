import { MillraceError } from '@millrace/base'

export const DestinationKind = { Queue: 1, Topic: 2, TempQueue: 3, TempTopic: 4 } as const
export type DestinationKind = (typeof DestinationKind)[keyof typeof DestinationKind]

const PREFIXES: Readonly<Record<DestinationKind, string>> = {
  [DestinationKind.Queue]: 'queue://',
  [DestinationKind.Topic]: 'topic://',
  [DestinationKind.TempQueue]: 'temp-queue://',
  [DestinationKind.TempTopic]: 'temp-topic://',
}

/** Longest physical name in UTF-16 units, composite names included. */
export const NAME_LENGTH_MAX = 1024

/**
 * Where messages go: a queue or a topic, temporary or not. A value that never changes; `text` is its identity
 * (`queue://ORDERS`). The name may be a composite (`A,topic://B`) or, for consumers, a pattern (`A.*`, `A.>`).
 */
export class Destination {
  readonly kind: DestinationKind
  readonly name: string
  readonly text: string

  /**
   * Throws DESTINATION_INVALID for an empty or over-long name. Options behind a `?` are for clients, which read them and
   * do not send them; of one that does they are cut off. Model behaviour.
   */
  constructor(kind: DestinationKind, name: string) {
    const options = name.indexOf('?')
    const trimmed = (options < 0 ? name : name.slice(0, options)).trim()
    if (trimmed === '') throw new MillraceError('DESTINATION_INVALID', 'a destination needs a name, got an empty one')
    if (trimmed.length > NAME_LENGTH_MAX) {
      throw new MillraceError(
        'DESTINATION_INVALID',
        `a destination name may have ${NAME_LENGTH_MAX} characters, got ${trimmed.length}`,
      )
    }
    this.kind = kind
    this.name = trimmed
    this.text = PREFIXES[kind] + trimmed
  }

  get queue(): boolean {
    return this.kind === DestinationKind.Queue || this.kind === DestinationKind.TempQueue
  }

  get temporary(): boolean {
    return this.kind === DestinationKind.TempQueue || this.kind === DestinationKind.TempTopic
  }

  get composite(): boolean {
    return this.name.includes(',')
  }

  /** Holds `*` or `>`: a pattern when consumed from. */
  get pattern(): boolean {
    return this.name.includes('*') || this.name.includes('>')
  }

  /**
   * The parts of a composite, in order, without doubles; a part without a prefix has the kind of the whole. A plain
   * destination is its own only part.
   */
  parts(): Destination[] {
    if (!this.composite) return [this]
    const parts = new Map<string, Destination>()
    for (const piece of this.name.split(',')) {
      if (piece.trim() === '') continue
      const part = Destination.parse(piece, this.kind)
      if (!parts.has(part.text)) parts.set(part.text, part)
    }
    if (parts.size === 0) throw new MillraceError('DESTINATION_INVALID', `"${this.name}" has no parts`)
    return [...parts.values()]
  }

  /** Whether this pattern covers a plain destination of the same kind. `A.>` covers `A` too; `*` is one element. */
  matches(other: Destination): boolean {
    if (this.kind !== other.kind) return false
    if (!this.pattern) return this.name === other.name
    const pattern = this.name.split('.')
    const name = other.name.split('.')
    for (let i = 0; i < pattern.length; i++) {
      const element = pattern[i]
      if (element === '>' && i === pattern.length - 1) return true
      // `A.>` matches `A`: what is left of the pattern may only be the final `>`.
      if (i >= name.length) return false
      if (element !== '*' && element !== name[i]) return false
      if (i === name.length - 1 && i === pattern.length - 2 && pattern[i + 1] === '>') return true
    }
    return pattern.length === name.length
  }

  equals(other: Destination): boolean {
    return this.text === other.text
  }

  toString(): string {
    return this.text
  }

  /** Reads `queue://X`, `topic://X`, `temp-queue://X`, `temp-topic://X`; a bare name is of `kind`. */
  static parse(text: string, kind: DestinationKind = DestinationKind.Queue): Destination {
    const trimmed = text.trim()
    for (const candidate of [
      DestinationKind.Queue,
      DestinationKind.Topic,
      DestinationKind.TempQueue,
      DestinationKind.TempTopic,
    ] as const) {
      const prefix = PREFIXES[candidate]
      if (trimmed.startsWith(prefix)) return new Destination(candidate, trimmed.slice(prefix.length))
    }
    return new Destination(kind, trimmed)
  }
}
