import type { Logger, Primitive } from '@millrace/base'
import type { Broker } from '../core/broker.ts'
import type { Interceptor } from '../core/interceptor.ts'
import type { Destination } from '../message/destination.ts'

/**
 * A part of the broker that others write: hooks (see `Interceptor`), a beginning and an end. What a hook throws that is
 * no MillraceError is the plugin's fault and stays with it: where the plugin was asked, the answer is PLUGIN_FAILED;
 * where it was told, the error is logged and the broker goes on.
 */
export interface Plugin extends Interceptor {
  /** For logs and errors. */
  readonly name: string
  /**
   * The broker has recovered what is stored and does not listen yet. Until this is done nobody connects. What was
   * recovered has been told to `destinationAdded` before.
   */
  start?(context: PluginContext): void | Promise<void>
  /** Every connection is gone; messages can still be sent. */
  stop?(): void | Promise<void>
}

/** What a plugin is given to work with. */
export interface PluginContext {
  readonly broker: Broker
  readonly log: Logger
  /** Where the broker listens; empty until it does. */
  readonly addresses: readonly string[]
  /** The directory of the journal; null: in memory. */
  readonly data: string | null
  /** A text file, relative to `data`; null: there is none. Rejects with CONFIGURATION_INVALID in memory, unless absolute. */
  readFile(path: string): Promise<string | null>
  /** The same way, in place of what was there. */
  writeFile(path: string, text: string): Promise<void>
  /**
   * Sends a message of the broker's own, at once, and asks nobody for permission. False: it was not sent, because its
   * temporary destination is gone or because there is no space for it.
   */
  send(message: OwnMessage): boolean
}

/** A message that a plugin makes. */
export interface OwnMessage {
  readonly to: Destination
  /** Text, bytes, or a map of typed values (`primitiveOf` of `@millrace/base` makes them); null: a message without body. */
  readonly body: string | Buffer | ReadonlyMap<string, Primitive> | null
  readonly properties?: ReadonlyMap<string, Primitive>
  readonly correlationId?: string | null
  readonly type?: string
  /** Default: false. */
  readonly persistent?: boolean
  /** 0 to 9. Default: 4. */
  readonly priority?: number
  /** ms since 1970. Default: 0, never. */
  readonly expiration?: number
}

/** Names a plugin in a configuration: one of the stock, a module, or the object itself. */
export type PluginChoice = Plugin | string | PluginUse

/** A plugin and its options. */
export interface PluginUse {
  /** The name of a stock plugin, or a module: `./my-plugin.js`, `some-package`. */
  readonly use: string
  readonly [option: string]: unknown
}
