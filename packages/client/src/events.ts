import type { Logger } from '@millrace/base'

type Listener<T> = (payload: T) => void

/**
 * Listeners by event name. Never an event called `error`: Node would end the process when nobody listens. What a
 * listener throws is logged and goes no further.
 */
export class TypedEmitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Listener<never>[]>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): this {
    const list = this.#listeners.get(name)
    if (list === undefined) this.#listeners.set(name, [listener as Listener<never>])
    else list.push(listener as Listener<never>)
    return this
  }

  once<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): this {
    const wrapper = (payload: Events[Name]): void => {
      this.off(name, wrapper)
      listener(payload)
    }
    return this.on(name, wrapper)
  }

  off<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): this {
    const list = this.#listeners.get(name)
    const at = list?.indexOf(listener as Listener<never>) ?? -1
    // A new list, because the old one may be under way in `emit`.
    if (list !== undefined && at >= 0) this.#listeners.set(name, list.toSpliced(at, 1))
    return this
  }

  listenerCount(name: keyof Events): number {
    return this.#listeners.get(name)?.length ?? 0
  }

  /** For the owner of the events. Returns false when nobody listens. */
  protected emit<Name extends keyof Events>(name: Name, payload: Events[Name]): boolean {
    const list = this.#listeners.get(name)
    if (list === undefined || list.length === 0) return false
    for (const listener of list) {
      try {
        ;(listener as Listener<Events[Name]>)(payload)
      } catch (error) {
        this.#log.error({ event: String(name), error }, 'an event listener threw')
      }
    }
    return true
  }
}
