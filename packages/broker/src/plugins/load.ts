import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '@millrace/base'
import { brokerPath } from './broker-path.ts'
import { deliveryMode } from './delivery-mode.ts'
import { destinationList } from './destination-list.ts'
import { discarding } from './discarding.ts'
import { logging } from './logging.ts'
import type { Plugin, PluginChoice, PluginUse } from './plugin.ts'
import { redelivery } from './redelivery.ts'
import { redirect } from './redirect.ts'
import { statistics } from './statistics.ts'
import { timeStamps } from './time-stamps.ts'
import { userId } from './user-id.ts'

/** The stock plugins by their names. Each checks its options itself. */
const STOCK: ReadonlyMap<string, (options: object) => Plugin> = new Map<string, (options: object) => Plugin>([
  ['broker-path', brokerPath],
  ['delivery-mode', deliveryMode],
  ['destination-list', destinationList],
  ['discarding', discarding],
  ['logging', logging],
  ['redelivery', redelivery],
  ['redirect', redirect],
  ['statistics', statistics],
  ['time-stamps', timeStamps],
  ['user-id', userId],
])

/**
 * The plugins of a configuration, in its order. Modules are loaded only here: nothing that comes over the network ever
 * names one. Throws CONFIGURATION_INVALID, with the module's own error as cause.
 */
export async function loadPlugins(choices: readonly PluginChoice[]): Promise<Plugin[]> {
  const plugins: Plugin[] = []
  for (const choice of choices) {
    if (typeof choice === 'string') plugins.push(await load({ use: choice }))
    else if ('use' in choice) plugins.push(await load(choice as PluginUse))
    else plugins.push(choice as Plugin)
  }
  return plugins
}

async function load(choice: PluginUse): Promise<Plugin> {
  const { use, ...options } = choice
  const stock = STOCK.get(use)
  if (stock !== undefined) return stock(options)
  const made = await make(use, options)
  if (isPlugin(made)) return made
  throw invalid(use, 'makes no plugin: an object with a name and hooks is expected')
}

async function make(use: string, options: object): Promise<unknown> {
  let exported: unknown
  try {
    const module = (await import(specifierOf(use))) as Record<string, unknown>
    exported = module['plugin'] ?? module['default']
  } catch (error) {
    throw invalid(use, `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error)
  }
  if (typeof exported !== 'function') return exported
  try {
    return await (exported as (options: object) => unknown)(options)
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw invalid(use, `failed: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

/** Paths are relative to the working directory; bare names are packages. */
function specifierOf(use: string): string {
  return /^(\.{0,2}\/|[A-Za-z]:\\)/.test(use) ? pathToFileURL(resolve(use)).href : use
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string'
}

function invalid(use: string, why: string, cause?: unknown): MillraceError {
  const stock = [...STOCK.keys()].join(', ')
  return new MillraceError('CONFIGURATION_INVALID', `plugin "${use}" ${why}; the stock ones are ${stock}`, { cause })
}
