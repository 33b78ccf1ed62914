import { MillraceError } from '@millrace/base'
import { isAdvisory } from '../core/destinations.ts'
import { readOptions } from './options.ts'
import type { Plugin, PluginContext } from './plugin.ts'

export interface DestinationListOptions {
  /** The file; relative to the directory of the journal. Default: `destinations`. */
  readonly location?: string
}

/**
 * Writes the names of all queues and topics into a file when the broker stops, one a line, and makes them again when it
 * starts (the model's destinationsPlugin): topics, and queues of a broker in memory, would be gone. Temporary ones and
 * advisory topics are not written. A line that cannot be made is logged and passed over.
 */
export function destinationList(given: DestinationListOptions = {}): Plugin {
  const { location } = readOptions('destination-list', given, { location: 'destinations' })
  let context: PluginContext | null = null
  return {
    name: 'destination-list',
    start: async (begun) => {
      context = begun
      const { broker, log } = begun
      for (const line of ((await begun.readFile(location)) ?? '').split('\n')) {
        const name = line.trim()
        if (name === '' || name.startsWith('#')) continue
        try {
          broker.administration.createDestination(name)
        } catch (error) {
          if (!(error instanceof MillraceError)) throw error
          log.warn({ destination: name, reason: error.message }, 'a destination of the list is not made')
        }
      }
    },
    stop: async () => {
      if (context === null) return
      const names: string[] = []
      for (const { destination } of context.broker.destinations.all) {
        if (!destination.temporary && !isAdvisory(destination)) names.push(`${destination.text}\n`)
      }
      await context.writeFile(location, names.sort().join(''))
    },
  }
}
