import { didYouMean } from './nearest-name.ts'
import type { Policy } from './policy.ts'

/** What a member of an attribute must be: `''` when it is that, else what is expected. */
type Rule = (value: unknown) => string

const flag: Rule = (value) => (typeof value === 'boolean' ? '' : 'true or false')
const text: Rule = (value) => (typeof value === 'string' ? '' : 'a text')
const name: Rule = (value) => (typeof value === 'string' && value !== '' ? '' : 'a text that is not empty')
const count: Rule = (value) => (wholeFrom(value, 0) ? '' : 'a whole number from 0')
const countFrom1: Rule = (value) => (wholeFrom(value, 1) ? '' : 'a whole number from 1')
const countOrNone: Rule = (value) => (wholeFrom(value, -1) ? '' : 'a whole number from 0, or -1 for no limit')
const factor: Rule = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? '' : 'a number from 0'
const query: Rule = (value) =>
  typeof (value as { recover?: unknown } | null)?.recover === 'function' ? '' : 'an object with a function recover'

function wholeFrom(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least
}

/** Members of one kind of value; a name that ends with `!` must be there. */
type Members = Readonly<Record<string, Rule>>

interface Shape {
  readonly kinds: Readonly<Record<string, Members>>
  /** null is a value, too. */
  readonly nullable: boolean
}

const letters: Members = {
  processExpired: flag,
  processNonPersistent: flag,
  enableAudit: flag,
  maxAuditDepth: count,
  maxProducersToAudit: count,
  expiration: count,
  maxLetters: count,
}

const slow: Members = {
  maxSlowCount: countOrNone,
  maxSlowDuration: countOrNone,
  checkPeriod: count,
  abortConnection: flag,
}

/** The attributes whose values are objects. */
const SHAPES: { readonly [K in keyof Policy]?: Shape } = {
  deadLetterStrategy: {
    nullable: false,
    kinds: {
      shared: { ...letters, deadLetterQueue: text },
      individual: {
        ...letters,
        queuePrefix: text,
        queueSuffix: text,
        topicPrefix: text,
        topicSuffix: text,
        useQueueForQueueMessages: flag,
        useQueueForTopicMessages: flag,
        destinationPerDurableSubscriber: flag,
      },
      discarding: {},
    },
  },
  subscriptionRecoveryPolicy: {
    nullable: false,
    kinds: {
      none: {},
      lastImage: {},
      fixedCount: { maximumSize: countFrom1 },
      fixedSized: { maximumSize: countFrom1 },
      timed: { recoverDuration: countFrom1 },
      query: { 'query!': query },
    },
  },
  pendingMessageLimit: {
    nullable: true,
    kinds: { constant: { 'limit!': countOrNone }, prefetchRate: { 'multiplier!': factor } },
  },
  messageEviction: {
    nullable: false,
    kinds: {
      oldest: {},
      oldestWithLowestPriority: {},
      uniqueProperty: { 'propertyName!': name },
    },
  },
  slowConsumers: {
    nullable: true,
    kinds: { slow, lastAck: { ...slow, maxTimeSinceLastAck: count, ignoreIdleConsumers: flag } },
  },
}

/** What is wrong with a value, and where in it: `path` is empty, or begins with a dot. */
export interface ShapeProblem {
  readonly path: string
  readonly text: string
}

/** Null: the value is what it can be, as far as its shape goes; or the attribute has no shape. */
export function shapeProblem(attribute: keyof Policy, value: unknown): ShapeProblem | null {
  const shape = SHAPES[attribute]
  if (shape === undefined || (value === null && shape.nullable)) return null
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return problem('', `an object with a kind${shape.nullable ? ', or null' : ''}`, value)
  }
  const { kind, ...given } = value as { kind?: unknown; [member: string]: unknown }
  const members = typeof kind === 'string' && Object.hasOwn(shape.kinds, kind) ? shape.kinds[kind] : undefined
  if (members === undefined) return problem('.kind', oneOf(Object.keys(shape.kinds)), kind)
  for (const [member, rule] of Object.entries(members)) {
    const required = member.endsWith('!')
    const plain = required ? member.slice(0, -1) : member
    const one = given[plain]
    delete given[plain]
    if (one === undefined) {
      if (required) return { path: '', text: `${plain} is missing` }
      continue
    }
    const expected = rule(one)
    if (expected !== '') return problem(`.${plain}`, expected, one)
  }
  const [stray] = Object.keys(given)
  if (stray === undefined) return null
  const hint = didYouMean(
    stray,
    Object.keys(members).map((member) => member.replace('!', '')),
  )
  return { path: `.${stray}`, text: `there is no such name with kind ${String(kind)}${hint}` }
}

function problem(path: string, expected: string, value: unknown): ShapeProblem {
  const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 100)
  return { path, text: `expected ${expected}, got ${shown}` }
}

function oneOf(kinds: readonly string[]): string {
  return kinds.length === 1 ? `${kinds[0]}` : `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`
}
