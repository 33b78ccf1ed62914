import { MillraceError, PrimitiveTag, primitiveOf } from '@millrace/base'
import type { Broker } from '../core/broker.ts'
import { property, setProperties } from '../message/properties.ts'
import { readOptions } from './options.ts'
import type { Plugin } from './plugin.ts'

export interface BrokerPathOptions {
  /** The property that has the path. Default: `BrokerPath`. */
  readonly stampProperty?: string
}

/** A path is cut at its front when it would become longer, in UTF-16 units. */
const LENGTH_MAX = 1_000

/**
 * Writes the names of the brokers that a message has passed into a property, `first,second` (the model's
 * traceBrokerPathPlugin): each broker adds its own when the message comes. Throws CONFIGURATION_INVALID.
 */
export function brokerPath(given: BrokerPathOptions = {}): Plugin {
  const { stampProperty } = readOptions('broker-path', given, { stampProperty: 'BrokerPath' })
  if (stampProperty === '') {
    throw new MillraceError('CONFIGURATION_INVALID', 'stampProperty of plugin broker-path is empty, expected a name')
  }
  let broker: Broker | null = null
  return {
    name: 'broker-path',
    start: (context) => {
      broker = context.broker
    },
    sending: (_producer, message) => {
      if (broker === null) return
      const before = property(message, stampProperty)
      const known = before?.tag === PrimitiveTag.String && typeof before.value === 'string' ? before.value : ''
      const path = known === '' ? broker.name : `${known},${broker.name}`
      setProperties(message, new Map([[stampProperty, primitiveOf(path.slice(-LENGTH_MAX))]]))
    },
  }
}
