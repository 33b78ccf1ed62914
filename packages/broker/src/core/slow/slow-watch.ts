import { MillraceError } from '@millrace/base'
import type { SlowConsumerPolicy } from '../policy.ts'
import type { Subscription } from '../subscription.ts'
import type { Upkept } from '../upkeep.ts'

const DURATION_MS = 30_000

/**
 * Looks at one consumer now and then, and ends it when it has been slow for too long or too often. A consumer is slow
 * while it is full and more waits for it, or, if the policy says so, while its last acknowledgement is too long ago.
 */
export class SlowWatch implements Upkept {
  readonly #subscription: Subscription
  readonly #policy: SlowConsumerPolicy
  #lookedMs: number
  #slowSinceMs = 0
  #slowCount = 0
  #acknowledged = 0
  #acknowledgedMs: number

  constructor(subscription: Subscription, policy: SlowConsumerPolicy) {
    this.#subscription = subscription
    this.#policy = policy
    this.#lookedMs = subscription.broker.clock.monotonic()
    this.#acknowledgedMs = this.#lookedMs
  }

  static start(subscription: Subscription): void {
    const { policy, broker } = subscription
    if (policy.slowConsumers !== null) broker.upkeep.watch(new SlowWatch(subscription, policy.slowConsumers))
  }

  upkeep(nowMs: number): boolean {
    const subscription = this.#subscription
    if (subscription.removed) return false
    const { maxSlowDuration = DURATION_MS, maxSlowCount = -1, checkPeriod = DURATION_MS } = this.#policy
    if (nowMs - this.#lookedMs < checkPeriod) return true
    this.#lookedMs = nowMs
    if (!this.#isSlow(nowMs)) {
      subscription.slow = false
      return true
    }
    if (!subscription.slow || this.#slowCount === 0) {
      subscription.becameSlow()
      this.#slowSinceMs = nowMs
      this.#slowCount++
    }
    const tooLong = maxSlowDuration >= 0 && nowMs - this.#slowSinceMs >= maxSlowDuration
    if (!tooLong && (maxSlowCount < 0 || this.#slowCount <= maxSlowCount)) return true
    this.#abort()
    return false
  }

  #isSlow(nowMs: number): boolean {
    const subscription = this.#subscription
    const { kind, maxTimeSinceLastAck = DURATION_MS, ignoreIdleConsumers = true } = this.#policy
    if (kind === 'slow') return subscription.lagging
    const acknowledged = subscription.delivered - subscription.unacknowledged
    const idle = ignoreIdleConsumers && subscription.unacknowledged === 0
    if (idle || acknowledged !== this.#acknowledged) this.#acknowledgedMs = nowMs
    this.#acknowledged = acknowledged
    return nowMs - this.#acknowledgedMs >= maxTimeSinceLastAck
  }

  #abort(): void {
    const subscription = this.#subscription
    const { broker, connection, consumer, id } = subscription
    const error = new MillraceError('PEER_TOO_SLOW', `${id} is too slow, and the policy of its destination ends it`)
    broker.log.warn({ consumer: id, connection: connection.id, delivered: subscription.delivered }, error.message)
    if (this.#policy.abortConnection === true) {
      broker.removeConnection(connection)
      connection.port.closed(error)
    } else {
      broker.removeConsumer(subscription, -2)
      consumer.closed(error)
    }
  }
}
