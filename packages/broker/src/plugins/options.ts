import { MillraceError } from '@millrace/base'

/**
 * The options of a plugin as a configuration has them, checked: each name is one of `defaults`, with a value of the same
 * type. Throws CONFIGURATION_INVALID. Numbers must be finite; what is no plain value is for the plugin to check.
 */
export function readOptions<T extends object>(plugin: string, given: object, defaults: T): T {
  const options = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (name === 'use' || value === undefined) continue
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults).join(', ')
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `plugin ${plugin} has no option ${name}, it has ${known || 'none'}`,
      )
    }
    const expected: unknown = defaults[name as keyof T]
    const fits =
      typeof expected === 'object' || expected === undefined
        ? typeof value === 'object' || typeof value === 'string'
        : typeof value === typeof expected && (typeof value !== 'number' || Number.isFinite(value))
    if (!fits) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `option ${name} of plugin ${plugin} is ${JSON.stringify(value)}, expected a ${typeof expected}`,
      )
    }
    options[name as keyof T] = value as T[keyof T]
  }
  return options
}
