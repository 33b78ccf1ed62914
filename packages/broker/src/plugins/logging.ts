import { type LogFields, type Logger, silentLogger } from '@millrace/base'
import type { Entry } from '../core/entry.ts'
import { readOptions } from './options.ts'
import type { Plugin } from './plugin.ts'

/** The names and defaults are the model's, as far as it has them. */
export interface LoggingOptions {
  /** Everything. Default: false. */
  readonly logAll?: boolean
  /** Connections that come and go. Default: true. */
  readonly logConnectionEvents?: boolean
  /** Default: false. */
  readonly logProducerEvents?: boolean
  /** Messages sent. Default: false. */
  readonly logSendEvents?: boolean
  /** Consumers, dispatches and acknowledgements. Default: false. */
  readonly logConsumerEvents?: boolean
  /** Destinations made and removed, expired messages, dead letters. Default: false. */
  readonly logInternalEvents?: boolean
}

const defaults: Required<LoggingOptions> = {
  logAll: false,
  logConnectionEvents: true,
  logProducerEvents: false,
  logSendEvents: false,
  logConsumerEvents: false,
  logInternalEvents: false,
}

/** Writes a line into the broker's log for what happens, at level `info`. Never a body, never a password. */
export function logging(given: LoggingOptions = {}): Plugin {
  const options = readOptions('logging', given, defaults)
  let log: Logger = silentLogger
  const say = (fields: LogFields, text: string): void => log.info(fields, text)
  const on = (option: Exclude<keyof LoggingOptions, 'logAll'>, hooks: Omit<Plugin, 'name'>): Omit<Plugin, 'name'> =>
    options.logAll || options[option] ? hooks : {}
  return {
    name: 'logging',
    start: (context) => {
      log = context.log
    },
    ...on('logConnectionEvents', {
      connecting: (connection) =>
        say({ connection: connection.id, client: connection.clientId, peer: connection.spec.peerAddress }, 'connects'),
      disconnected: (connection) => say({ connection: connection.id, client: connection.clientId }, 'has gone'),
    }),
    ...on('logProducerEvents', {
      producing: (producer, to) => say({ producer: producer.id, destination: to?.text ?? null }, 'produces'),
      producerRemoved: (producer) => say({ producer: producer.id }, 'produces no more'),
    }),
    ...on('logSendEvents', {
      sent: (producer, message, error) =>
        say(
          {
            producer: producer.id,
            message: message.id,
            destination: message.destination.text,
            transaction: message.transactionId,
            error: error?.code ?? null,
          },
          'sent',
        ),
    }),
    ...on('logConsumerEvents', {
      consuming: ({ id, spec }) =>
        say({ consumer: id, destination: spec.destination.text, selector: spec.selector }, 'consumes'),
      consumerRemoved: ({ id }) => say({ consumer: id }, 'consumes no more'),
      dispatching: ({ id }, entry) => say({ consumer: id, ...fieldsOf(entry) }, 'dispatched'),
      acknowledging: ({ id }, entry, transaction) =>
        say({ consumer: id, transaction, ...fieldsOf(entry) }, 'acknowledges'),
      acknowledged: ({ id }, entry) => say({ consumer: id, ...fieldsOf(entry) }, 'acknowledged'),
    }),
    ...on('logInternalEvents', {
      destinationAdded: ({ text }) => say({ destination: text }, 'destination made'),
      destinationRemoved: ({ text }) => say({ destination: text }, 'destination removed'),
      expired: (entry) => say(fieldsOf(entry), 'expired'),
      deadLettered: (letter, entry) => say({ ...fieldsOf(entry), to: letter.destination.text }, 'dead letter'),
    }),
  }
}

function fieldsOf(entry: Entry): LogFields {
  const { message, redeliveries } = entry
  return { message: message.id, destination: message.destination.text, redeliveries }
}
