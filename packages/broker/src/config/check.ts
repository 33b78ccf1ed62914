import { MillraceError } from '@millrace/base'
import { didYouMean, type Policy } from '../core/broker.ts'
import { shapeProblem } from '../core/policy-shapes.ts'

/** Throws CONFIGURATION_INVALID, with the place, when a value is not what it should be. */
export type Check = (value: unknown, place: string) => void

export const text: Check = (value, place) => {
  if (typeof value !== 'string') throw wrong(value, place, 'a text')
}

export const flag: Check = (value, place) => {
  if (typeof value !== 'boolean') throw wrong(value, place, 'true or false')
}

export const number: Check = (value, place) => {
  if (typeof value !== 'number') throw wrong(value, place, 'a number')
}

/** What is checked by who uses it. */
export const anything: Check = () => {}

export function list(element: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) throw wrong(value, place, 'a list')
    for (const [i, one] of value.entries()) element(one, `${place}[${i}]`)
  }
}

/** An object with these names and no others. */
export function object(members: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, place) => {
    if (!isObject(value)) throw wrong(value, place, 'an object')
    for (const [name, member] of Object.entries(value)) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined
      const inside = place === '' ? name : `${place}.${name}`
      if (check === undefined) {
        const hint = didYouMean(name, Object.keys(members))
        throw new MillraceError('CONFIGURATION_INVALID', `${inside}: there is no such name${hint}`)
      }
      check(member, inside)
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) throw new MillraceError('CONFIGURATION_INVALID', `${place}: ${name} is missing`)
    }
  }
}

/** An object, or what the other check allows. */
export function objectOr(members: Check, other: Check): Check {
  return (value, place) => (isObject(value) ? members(value, place) : other(value, place))
}

/** Names with the types that their defaults have. */
export function likeDefaults(defaults: object): Readonly<Record<string, Check>> {
  const checks: Record<string, Check> = {}
  for (const [name, value] of Object.entries(defaults)) {
    if (typeof value === 'boolean') checks[name] = flag
    else if (typeof value === 'number') checks[name] = number
    else checks[name] = typeof value === 'string' ? text : anything
  }
  return checks
}

/** The attributes of a policy: those that are objects are looked into. */
export function policyAttributes(defaults: Policy): Readonly<Record<string, Check>> {
  const checks: Record<string, Check> = { ...likeDefaults(defaults) }
  for (const name of Object.keys(defaults) as (keyof Policy)[]) {
    if (checks[name] !== anything) continue
    checks[name] = (value, place) => {
      const problem = shapeProblem(name, value)
      if (problem !== null) throw new MillraceError('CONFIGURATION_INVALID', `${place}${problem.path}: ${problem.text}`)
    }
  }
  return checks
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(value: unknown, place: string, expected: string): MillraceError {
  const where = place === '' ? 'the whole' : place
  const shown = JSON.stringify(value).slice(0, 100)
  return new MillraceError('CONFIGURATION_INVALID', `${where}: expected ${expected}, got ${shown}`)
}
