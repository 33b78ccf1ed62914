import { MillraceError } from '@millrace/base'
import { Destination, DestinationKind } from '../message/destination.ts'

export interface PathOptions {
  /**
   * One character that stands for the dot in the names that clients use: with `/`, `A/B` is `A.B`, which is what clients
   * are told. Names with dots stay as they are. Default: none.
   */
  readonly pathSeparator?: string
}

/** Names with another separator than the dot. Temporary destinations have the names of their connections. */
export class PathSeparator {
  readonly #character: string

  /** Throws CONFIGURATION_INVALID. */
  constructor(character: string) {
    if (character.length !== 1 || /[\w.*>,:?\s]/.test(character)) {
      const message = `pathSeparator is "${character}", expected one character that means nothing in a name, like /`
      throw new MillraceError('CONFIGURATION_INVALID', message)
    }
    this.#character = character
  }

  /** Throws DESTINATION_INVALID. */
  destination(kind: DestinationKind, name: string): Destination {
    if (!name.includes(this.#character)) return new Destination(kind, name)
    const parts = name.split(',').map((part) => this.#part(kind, part))
    return new Destination(kind, parts.join(','))
  }

  #part(kind: DestinationKind, part: string): string {
    const [, prefix = '', name = ''] = /^(\s*(?:temp-)?(?:queue|topic):\/\/)?(.*)$/s.exec(part) ?? []
    const temporary = kind === DestinationKind.TempQueue || kind === DestinationKind.TempTopic
    if (prefix === '' ? temporary : prefix.trimStart().startsWith('temp-')) return part
    return prefix + name.replaceAll(this.#character, '.')
  }
}
