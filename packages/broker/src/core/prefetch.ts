import type { Limits } from './limits.ts'
import type { Policy } from './policy.ts'
import type { ConsumerSpec } from './subscription.ts'

/** What clients ask for when their application says nothing (the model's numbers). */
const QUEUE_DEFAULT = 1_000
const BROWSER_DEFAULT = 500
const TOPIC_DEFAULT_MIN = 32_766
const DURABLE_DEFAULT = 100

/** The policy speaks only to consumers that ask for exactly the default of their kind. */
export function prefetchFor(spec: ConsumerSpec, policy: Policy, limits: Limits): number {
  return Math.min(overridden(spec, policy) ?? spec.prefetch, limits.prefetchMax)
}

function overridden(spec: ConsumerSpec, policy: Policy): number | null {
  const { prefetch } = spec
  if (spec.durableName !== null) return prefetch === DURABLE_DEFAULT ? policy.durableTopicPrefetch : null
  if (spec.browser) return prefetch === BROWSER_DEFAULT ? policy.queueBrowserPrefetch : null
  if (spec.destination.queue) return prefetch === QUEUE_DEFAULT ? policy.queuePrefetch : null
  // Its largest is 32767, and the model's client asks for one less.
  return prefetch === TOPIC_DEFAULT_MIN || prefetch === TOPIC_DEFAULT_MIN + 1 ? policy.topicPrefetch : null
}
