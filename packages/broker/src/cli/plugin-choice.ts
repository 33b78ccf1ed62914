import type { PluginChoice } from '../index.ts'
import { UsageError } from './exit.ts'

/** `statistics`, `./my-plugin.js`, `{"use":"redelivery","default":{}}`. */
export function pluginChoice(text: string): PluginChoice {
  if (!text.trimStart().startsWith('{')) return text
  try {
    const choice = JSON.parse(text) as { use?: unknown }
    if (typeof choice.use === 'string') return choice as PluginChoice
  } catch (error) {
    throw new UsageError(`--plugin ${text} is not JSON: ${(error as Error).message}`)
  }
  throw new UsageError(`--plugin ${text} does not say which to use: {"use":"...", ...}`)
}
