import type { SharedSpec } from '../../core/broker.ts'

/*
 * OpenWire has no word for the shared subscriptions of JMS 2.0, so a prefix of the subscription's name says it
 * (docs/adr/0006-shared-subscriptions-by-name.md). Java programs write it as `?consumer.subscriptionName=` behind the
 * topic's name.
 *
 *     shared:NAME            not durable, the same for every client
 *     shared@:NAME           not durable, a name of the connection's client id
 *     shared-durable:NAME    durable, the same for every client
 *     shared-durable@:NAME   durable, a name of the connection's client id
 */
const SHARED = /^shared(-durable)?(@)?:(.+)$/s

export interface SharedName {
  readonly name: string
  readonly shared: SharedSpec
}

/** Null: the name of an ordinary durable subscription. */
export function readSharedName(text: string): SharedName | null {
  const found = SHARED.exec(text)
  if (found === null) return null
  const [, durable, ownClientId, name = ''] = found
  return { name, shared: { durable: durable !== undefined, ownClientId: ownClientId !== undefined, text } }
}
