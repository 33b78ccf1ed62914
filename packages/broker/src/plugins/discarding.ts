import { MillraceError } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import { readOptions } from './options.ts'
import type { Plugin } from './plugin.ts'

/** The names and defaults are the model's (discardingDLQBrokerPlugin). */
export interface DiscardingOptions {
  /** Whatever is in no temporary destination. Default: true. */
  readonly dropAll?: boolean
  /** Default: true. */
  readonly dropTemporaryTopics?: boolean
  /** Default: true. */
  readonly dropTemporaryQueues?: boolean
  /**
   * Instead of all: destinations as a list of patterns (`queue://A.>`), or names as regular expressions with spaces
   * between them, as the model has it.
   */
  readonly dropOnly?: string | readonly string[]
  /** A line in the log for so many dropped messages; 0: none. Default: 1000. */
  readonly reportInterval?: number
}

/** Drops what would become a dead letter. */
export function discarding(given: DiscardingOptions = {}): Plugin {
  const options = readOptions('discarding', given, {
    dropAll: true,
    dropTemporaryTopics: true,
    dropTemporaryQueues: true,
    dropOnly: [] as string | readonly string[],
    reportInterval: 1000,
  })
  const covers = matcher(options.dropOnly)
  let dropped = 0
  let report = (_count: number): void => {}
  const drops = (destination: Destination): boolean => {
    if (destination.temporary) return destination.queue ? options.dropTemporaryQueues : options.dropTemporaryTopics
    return covers === null ? options.dropAll : covers(destination)
  }
  return {
    name: 'discarding',
    start: ({ log }) => {
      report = (count) => log.info({ count }, 'messages dropped instead of kept as dead letters')
    },
    deadLettering: (entry) => {
      if (!drops(entry.destination)) return undefined
      dropped++
      if (options.reportInterval > 0 && dropped % options.reportInterval === 0) report(dropped)
      return { kind: 'discard' }
    },
  }
}

/** Null: no patterns were given. */
function matcher(dropOnly: string | readonly string[]): ((destination: Destination) => boolean) | null {
  if (typeof dropOnly === 'string') {
    const expressions = dropOnly
      .split(/\s+/)
      .filter((text) => text !== '')
      .map(expression)
    return expressions.length === 0 ? null : ({ name }) => expressions.some((one) => one.test(name))
  }
  const patterns = dropOnly.map((text) => Destination.parse(text))
  return patterns.length === 0 ? null : (destination) => patterns.some((pattern) => pattern.matches(destination))
}

/** Java's `matches` means the whole name. */
function expression(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch (cause) {
    throw new MillraceError('CONFIGURATION_INVALID', `plugin discarding: "${text}" is no regular expression`, { cause })
  }
}
