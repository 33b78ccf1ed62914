import type { Plugin } from './plugin.ts'
import { readOptions } from './options.ts'

export interface DeliveryModeOptions {
  /** What every message becomes, whatever its sender said. Default: false. */
  readonly persistent?: boolean
}

/** Makes every message persistent, or none (the model's forcePersistencyModeBrokerPlugin). */
export function deliveryMode(given: DeliveryModeOptions = {}): Plugin {
  const { persistent } = readOptions('delivery-mode', given, { persistent: false })
  return {
    name: 'delivery-mode',
    sending: (_producer, message) => {
      message.persistent = persistent
    },
  }
}
