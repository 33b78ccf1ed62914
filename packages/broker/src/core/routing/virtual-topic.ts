import { MillraceError, type Selector } from '@millrace/base'
import { Destination, DestinationKind } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import type { MessageSubject } from '../../message/selector-subject.ts'
import type { Queue } from '../queue.ts'
import type { Subscription } from '../subscription.ts'
import type { VirtualTopic } from './virtual-destinations.ts'

/** Selectors remembered for one queue. */
const SELECTORS_MAX = 100

/** One rule: which topics are virtual, and which queues get what is sent to them. */
export class VirtualTopicRule {
  readonly pattern: Destination
  readonly selectorAware: boolean
  readonly rememberSelectors: boolean
  readonly dropOnResourceLimit: boolean
  readonly setOriginalDestination: boolean
  readonly forwardOnly: boolean
  readonly #prefix: string
  readonly #postfix: string
  /** Finds the topic's name in that of a queue. */
  readonly #queueName: RegExp
  /** What consumers have selected, by the selector's text. */
  readonly #selectors = new WeakMap<Queue, Map<string, Selector | null>>()
  /** The queues of each topic, by its name, whether or not the topic exists. */
  readonly #queues = new Map<string, Set<Queue>>()

  /** Throws CONFIGURATION_INVALID. */
  constructor(options: VirtualTopic) {
    const { name, prefix = 'Consumer.*.', postfix = '' } = options
    const where = `the virtual topic ${name}`
    this.pattern = new Destination(DestinationKind.Topic, name)
    if (this.pattern.composite || name.includes('://')) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `${where}: expected the name or pattern of topics, without prefix`,
      )
    }
    for (const affix of [prefix, postfix]) {
      if (!/[>,]/.test(affix)) continue
      throw new MillraceError('CONFIGURATION_INVALID', `${where}: "${affix}" must not have > or a comma`)
    }
    this.selectorAware = options.selectorAware ?? false
    this.rememberSelectors = this.selectorAware && (options.rememberSelectors ?? false)
    this.dropOnResourceLimit = options.dropOnResourceLimit ?? false
    this.setOriginalDestination = options.setOriginalDestination ?? true
    this.forwardOnly = options.forwardOnly ?? false
    this.#prefix = prefix
    this.#postfix = postfix
    this.#queueName = new RegExp(`^${expressionOf(prefix)}(.+)${expressionOf(postfix)}$`, 's')
  }

  queuesOf(topic: Destination): ReadonlySet<Queue> {
    return this.#queues.get(topic.name) ?? NO_QUEUES
  }

  /** The topic whose messages this queue gets; null: it is no queue of this rule. */
  topicOf(queue: Destination): Destination | null {
    const name = this.#topicOf(queue)
    return name === null ? null : new Destination(DestinationKind.Topic, name)
  }

  queueMade(queue: Queue): void {
    const topic = this.#topicOf(queue.destination)
    if (topic === null) return
    const queues = this.#queues.get(topic)
    if (queues === undefined) this.#queues.set(topic, new Set([queue]))
    else queues.add(queue)
  }

  queueGone(queue: Queue): void {
    const topic = this.#topicOf(queue.destination)
    if (topic === null) return
    const queues = this.#queues.get(topic)
    queues?.delete(queue)
    if (queues?.size === 0) this.#queues.delete(topic)
  }

  /** Somebody consumes from a queue, which may be one of this rule. */
  consumedBy(queue: Queue, { spec, selector }: Subscription): void {
    if (!this.rememberSelectors || this.#topicOf(queue.destination) === null) return
    const known = this.#selectors.get(queue) ?? new Map<string, Selector | null>()
    this.#selectors.set(queue, known)
    known.set(spec.selector ?? '', selector)
    if (known.size <= SELECTORS_MAX) return
    for (const oldest of known.keys()) {
      known.delete(oldest)
      return
    }
  }

  /** Whether somebody who consumes or has consumed from this queue wants such messages. */
  selects(queue: Queue, message: Message, subject: MessageSubject): boolean {
    if (queue.dispatcher.attachments.some(({ subscription }) => subscription.wants(message, 0, subject))) return true
    for (const selector of this.#selectors.get(queue)?.values() ?? []) {
      if (selector === null || selector.matches(subject.of(message, 0))) return true
    }
    return false
  }

  /**
   * The one queue of this topic that a consumer by pattern names, as `Consumer.A.VirtualTopic.>` does for each topic; null:
   * none, or nobody knows which.
   */
  queueFor(topic: Destination, consumed: Destination): Destination | null {
    if (consumed.kind !== DestinationKind.Queue) return null
    const name: string[] = []
    const asked = consumed.name.split('.')
    const open = asked.at(-1) === '>'
    if (open) asked.pop()
    const elements = `${this.#prefix}${topic.name}${this.#postfix}`.split('.')
    if (open ? elements.length < asked.length : elements.length !== asked.length) return null
    for (const [i, element] of elements.entries()) {
      const other = asked[i] ?? '*'
      if (element !== '*' && other !== '*' && element !== other) return null
      const one = element === '*' ? other : element
      if (one === '*') return null
      name.push(one)
    }
    return new Destination(DestinationKind.Queue, name.join('.'))
  }

  #topicOf(queue: Destination): string | null {
    if (queue.kind !== DestinationKind.Queue) return null
    const name = this.#queueName.exec(queue.name)?.[1]
    if (name === undefined || !this.pattern.matches(new Destination(DestinationKind.Topic, name))) return null
    return name
  }
}

const NO_QUEUES: ReadonlySet<Queue> = new Set()

function expressionOf(affix: string): string {
  return affix
    .split('.')
    .map((element) => (element === '*' ? '[^.]+' : element.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')))
    .join('\\.')
}
