import type { SendOptions } from './send.ts'

/** What decides how a send settles: the line of the table at `MessageProducer.send` that applies. */
export type SendRule =
  | 'confirm: true'
  | 'confirm: false'
  | 'onComplete'
  | 'sendTimeout'
  | 'alwaysSyncSend'
  | 'NON_PERSISTENT'
  | 'useAsyncSend'
  | 'in a transaction'
  | 'PERSISTENT'

/** Of the connection. */
interface SendSettings {
  readonly alwaysSyncSend: boolean
  readonly useAsyncSend: boolean
}

/** The first line of the table that applies (model behaviour). */
export function sendRule(
  settings: SendSettings,
  sendTimeout: number,
  persistent: boolean,
  inTransaction: boolean,
  options: SendOptions,
): SendRule {
  if (options.confirm !== undefined) return options.confirm ? 'confirm: true' : 'confirm: false'
  if (options.onComplete !== undefined) return 'onComplete'
  if (sendTimeout > 0) return 'sendTimeout'
  if (settings.alwaysSyncSend) return 'alwaysSyncSend'
  if (!persistent) return 'NON_PERSISTENT'
  if (settings.useAsyncSend) return 'useAsyncSend'
  return inTransaction ? 'in a transaction' : 'PERSISTENT'
}

/** Whether the broker's reply settles it; otherwise the transport's acceptance does. */
export function isConfirmed(rule: SendRule): boolean {
  switch (rule) {
    case 'confirm: true':
    case 'onComplete':
    case 'sendTimeout':
    case 'alwaysSyncSend':
    case 'PERSISTENT':
      return true
    case 'confirm: false':
    case 'NON_PERSISTENT':
    case 'useAsyncSend':
    case 'in a transaction':
      return false
    default:
      return rule satisfies never
  }
}

/** What would become of a send now, and why. */
export interface SendExplanation {
  readonly rule: SendRule
  /** true: the broker's reply settles the promise; false: the transport has the bytes. */
  readonly confirmed: boolean
  /** ms; 0: none. */
  readonly timeout: number
  /** What the send would wait for before it is written: sends before it, the producer window, or room in flight. */
  readonly waitsFor: 'nothing' | 'order' | 'window' | 'room in flight'
  /** All that in a sentence. */
  readonly text: string
}

const WHY: Readonly<Record<SendRule, string>> = {
  'confirm: true': 'the call asks for it',
  'confirm: false': 'the call asks for it',
  onComplete: 'the call has a callback',
  sendTimeout: 'the producer has a sendTimeout above 0',
  alwaysSyncSend: 'the connection has alwaysSyncSend',
  NON_PERSISTENT: 'the message is non-persistent',
  useAsyncSend: 'the connection has useAsyncSend',
  'in a transaction': 'the commit speaks for all sends of the transaction',
  PERSISTENT: 'the message is persistent and in no transaction',
}

export function explain(rule: SendRule, timeout: number, waitsFor: SendExplanation['waitsFor']): SendExplanation {
  const confirmed = isConfirmed(rule)
  const settled = confirmed ? "settled by the broker's reply" : 'one-way: settled when the transport has it'
  const wait = waitsFor === 'nothing' ? '' : `; it would wait for ${waitsFor} first`
  return { rule, confirmed, timeout, waitsFor, text: `${settled}, because ${WHY[rule]}${wait}` }
}
