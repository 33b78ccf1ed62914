import type { Logger } from '@millrace/base'
import type { Broker } from '../core/broker.ts'
import type { Interceptor } from '../core/interceptor.ts'
import { guarded } from './guard.ts'
import { loadPlugins } from './load.ts'
import { OwnMessages } from './own-messages.ts'
import type { Plugin, PluginChoice, PluginContext } from './plugin.ts'

/** The plugins of one broker, from their loading to their end. */
export class PluginSet {
  readonly interceptors: readonly Interceptor[]
  readonly #plugins: readonly Plugin[]
  readonly #log: Logger
  /** In the order in which they were started. */
  #started: Plugin[] = []

  private constructor(plugins: readonly Plugin[], log: Logger) {
    this.#plugins = plugins
    this.#log = log
    this.interceptors = plugins.map((plugin) => guarded(plugin, log))
  }

  /** Throws CONFIGURATION_INVALID. */
  static async load(choices: readonly PluginChoice[], log: Logger): Promise<PluginSet> {
    return new PluginSet(await loadPlugins(choices), log)
  }

  /** One after the other. What one of them throws ends the start of the broker. */
  async start(
    broker: Broker,
    data: string | null,
    addresses: () => readonly string[],
    files: Pick<PluginContext, 'readFile' | 'writeFile'>,
  ): Promise<void> {
    const own = new OwnMessages(broker)
    const context: PluginContext = {
      broker,
      log: this.#log,
      data,
      ...files,
      get addresses() {
        return addresses()
      },
      send: (message) => own.send(message),
    }
    for (const plugin of this.#plugins) {
      this.#started.push(plugin)
      await plugin.start?.(context)
    }
  }

  /** The last first. What they throw is logged: the broker ends anyway. */
  async stop(): Promise<void> {
    const started = this.#started
    this.#started = []
    for (const plugin of started.reverse()) {
      try {
        await plugin.stop?.()
      } catch (error) {
        this.#log.error({ plugin: plugin.name, reason: String(error) }, 'a plugin failed to stop')
      }
    }
  }
}
