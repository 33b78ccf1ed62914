import { InvariantError, type Logger, MillraceError } from '@millrace/base'
import type { Interceptor } from '../core/interceptor.ts'
import type { Plugin } from './plugin.ts'

/** Hooks that may refuse: what they throw is an answer. */
const ASKED: ReadonlySet<keyof Interceptor> = new Set([
  'authenticating',
  'connecting',
  'renaming',
  'producing',
  'consuming',
  'sending',
  'transforming',
])

/** Hooks that decide and cannot refuse: what counts when they fail. */
const INSTEAD: Readonly<Partial<Record<keyof Interceptor, unknown>>> = { permits: false, transforms: false }

/** Hooks whose answer counts although they cannot refuse. */
const DECIDES: ReadonlySet<keyof Interceptor> = new Set(['permits', 'transforms', 'deadLettering'])

/** Hooks that may take their time: somebody waits for their promise. */
const PATIENT: ReadonlySet<keyof Interceptor> = new Set(['authenticating', 'transforming'])

const HOOKS: readonly (keyof Interceptor)[] = [
  'authenticating',
  'connecting',
  'disconnected',
  'renaming',
  'producing',
  'producerRemoved',
  'consuming',
  'consumerRemoved',
  'permits',
  'sending',
  'transforming',
  'transforms',
  'sent',
  'dispatching',
  'acknowledging',
  'acknowledged',
  'expired',
  'deadLettering',
  'deadLettered',
  'destinationAdded',
  'destinationRemoved',
  'slow',
  'discarded',
  'emptied',
]

/** The hooks of a plugin with a fence around each, so that its faults do not become the broker's. */
export function guarded(plugin: Plugin, log: Logger): Interceptor {
  const interceptor: Partial<Record<keyof Interceptor, unknown>> = {}
  for (const name of HOOKS) {
    const hook = plugin[name] as ((...args: unknown[]) => unknown) | undefined
    if (hook === undefined) continue
    const asked = ASKED.has(name)
    const failed = (error: unknown): MillraceError => {
      log.error({ plugin: plugin.name, hook: name, reason: String(error), stack: stackOf(error) }, 'a plugin failed')
      return new MillraceError('PLUGIN_FAILED', `plugin ${plugin.name} failed in ${name}`, { cause: error })
    }
    interceptor[name] = (...args: unknown[]): unknown => {
      try {
        const answer = hook.apply(plugin, args)
        if (!(answer instanceof Promise)) return answer
        if (PATIENT.has(name)) {
          return answer.catch((error: unknown) => {
            throw error instanceof MillraceError ? error : failed(error)
          })
        }
        // Nothing waits for it, so it can neither refuse nor decide, whatever its author thought.
        answer.catch(failed)
        if (asked || DECIDES.has(name)) throw new TypeError(`${name} is asynchronous, which it cannot be`)
        return undefined
      } catch (error) {
        // A broken invariant is the broker's, wherever it was found.
        if (error instanceof InvariantError || (asked && error instanceof MillraceError)) throw error
        const failure = failed(error)
        if (asked) throw failure
        return INSTEAD[name]
      }
    }
  }
  return interceptor as Interceptor
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined
}
