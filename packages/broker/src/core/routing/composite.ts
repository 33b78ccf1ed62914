import { MillraceError, parseSelector, type Selector } from '@millrace/base'
import { Destination, DestinationKind } from '../../message/destination.ts'
import type { Composite, MirroredQueues } from './virtual-destinations.ts'

export interface ForwardTarget {
  readonly destination: Destination
  readonly selector: Selector | null
}

/** A destination that passes on what it is sent. */
export class CompositeRule {
  readonly pattern: Destination
  readonly targets: readonly ForwardTarget[]
  readonly forwardOnly: boolean
  readonly sendWhenNotMatched: boolean

  /** Throws CONFIGURATION_INVALID, also for a selector. */
  constructor(options: Composite) {
    const where = `the composite ${String(options.name)}`
    this.pattern = typeof options.name === 'string' ? Destination.parse(options.name) : options.name
    if (this.pattern.composite) {
      throw new MillraceError('CONFIGURATION_INVALID', `${where}: expected one name or pattern`)
    }
    if (options.forwardTo.length === 0) {
      throw new MillraceError('CONFIGURATION_INVALID', `${where}: forwardTo names no destination`)
    }
    this.targets = options.forwardTo.map((target) => {
      if (typeof target === 'string' || target instanceof Destination) return targetOf(target, null, where)
      return targetOf(target.destination, target.selector, where)
    })
    this.forwardOnly = options.forwardOnly ?? true
    this.sendWhenNotMatched = options.sendWhenNotMatched ?? false
  }
}

export class MirrorRule {
  readonly copyMessage: boolean
  readonly #prefix: string
  readonly #postfix: string
  readonly #temporaryQueues: boolean

  /** Throws CONFIGURATION_INVALID. */
  constructor(options: MirroredQueues) {
    this.#prefix = options.prefix ?? 'VirtualTopic.Mirror.'
    this.#postfix = options.postfix ?? ''
    this.#temporaryQueues = options.temporaryQueues ?? false
    this.copyMessage = options.copyMessage ?? true
    for (const affix of [this.#prefix, this.#postfix]) {
      if (!/[*>,]/.test(affix)) continue
      throw new MillraceError('CONFIGURATION_INVALID', `mirrored queues: "${affix}" must not have *, > or a comma`)
    }
  }

  covers({ kind }: Destination): boolean {
    return kind === DestinationKind.Queue || (kind === DestinationKind.TempQueue && this.#temporaryQueues)
  }

  topicOf(queue: Destination): Destination {
    return new Destination(DestinationKind.Topic, `${this.#prefix}${queue.name}${this.#postfix}`)
  }
}

function targetOf(target: Destination | string, selector: string | null, where: string): ForwardTarget {
  const destination = typeof target === 'string' ? Destination.parse(target) : target
  if (destination.composite || destination.pattern || destination.temporary) {
    const message = `${where}: nothing can be forwarded to ${destination.text}; expected the name of one queue or topic`
    throw new MillraceError('CONFIGURATION_INVALID', message)
  }
  if (selector === null) return { destination, selector: null }
  try {
    return { destination, selector: parseSelector(selector) }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    const message = `${where}: the selector for ${destination.text}: ${error.message}`
    throw new MillraceError('CONFIGURATION_INVALID', message, { cause: error })
  }
}
