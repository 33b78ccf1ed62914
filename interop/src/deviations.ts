/**
 * What a broker does otherwise than the list of behaviours says, whatever the client does. Nothing is skipped for it: the behaviour
 * runs, and has to fail in the way that is named here, so that a broker that has learned it is noticed.
 */
export const systems = ['Millrace', 'ActiveMQ 5', 'ActiveMQ 6', 'ActiveMQ Artemis'] as const
export type System = (typeof systems)[number]

export interface Deviation {
  /** What in the broker is the reason. */
  readonly why: string
  /** What an application sees instead. */
  readonly instead: string
  /** Name and message of the error by which the behaviour fails. */
  readonly seen: RegExp
}

/** By broker, then by the title of the behaviour. */
export const deviations: Readonly<Record<System, Readonly<Record<string, Deviation>>>> = {
  Millrace: {},
  'ActiveMQ 5': {},
  'ActiveMQ 6': {},
  'ActiveMQ Artemis': {
    'a consumer with a pattern gets from all the queues that match': {
      why: 'A pattern is an address of its own there. A consumer of queues with a pattern gets a queue on that address, and looks into no queue that is there already.',
      instead: 'What was sent to the matching queues before does not come.',
      seen: /^NothingCame: /,
    },
    'a durable subscription has one consumer at a time': {
      why: 'Its OpenWire code throws `java.lang.IllegalStateException`.',
      instead: 'The second consumer is refused with `IllegalStateError` in place of a plain `JMSError`.',
      seen: /^AssertionError: .*already has subscriber/,
    },
    'an exclusive consumer gets everything until it goes': {
      why: '`consumer.exclusive` is not read: exclusive is a setting of a queue in the configuration of the broker.',
      instead: 'The messages are shared among the consumers.',
      seen: /^NothingCame: /,
    },
    'an advisory tells of a new consumer': {
      why: 'Advisories are sent for connections and temporary destinations only, not for consumers and producers.',
      instead: 'No advisory comes.',
      seen: /^NothingCame: /,
    },
    'a selector that is none is refused': {
      why: 'Its OpenWire code answers with an exception of its own, without the class of JMS.',
      instead: 'A plain `JMSError`; with the option `checkSelector` the client refuses it as `InvalidSelectorError`.',
      seen: /^AssertionError: AMQ229020/,
    },
    'each group of a virtual topic gets every message, and shares them among its consumers': {
      why: 'Virtual topics have to be named in `virtualTopicConsumerWildcards` of its acceptor.',
      instead: 'The queues of the groups stay empty.',
      seen: /^NothingCame: /,
    },
    'what is repeated comes as often as was asked for': {
      why: 'It knows delays only, not periods, repeats and cron.',
      instead: 'The message comes once.',
      seen: /^NothingCame: /,
    },
    'scheduled messages are listed and cancelled by messages to the management topic': {
      why: 'It has no such topic: what is scheduled is managed in its console.',
      instead: 'The request is an ordinary message, and nobody answers it.',
      seen: /^NothingCame: /,
    },
    'advisories of consumers and producers carry the properties that clients read': {
      why: 'Advisories are sent for connections and temporary destinations only, not for consumers and producers.',
      instead: 'No advisory comes.',
      seen: /^NothingCame: /,
    },
    'a new listener is told of the consumers that are there': {
      why: 'Advisories are sent for connections and temporary destinations only, not for consumers and producers.',
      instead: 'No advisory comes.',
      seen: /^NothingCame: /,
    },
    'a branch nobody knows is refused as such': {
      why: 'Its OpenWire code throws `javax.jms.IllegalStateException` without a code of XA.',
      instead: 'The error code is `XAER_RMFAIL`, as with the Java client, and not `XAER_NOTA`.',
      seen: /^AssertionError: The validation function/,
    },
    'a dead letter says why it is one, and goes back to where it came from': {
      why: 'It keeps the origin in properties of its own, which its OpenWire code does not hand on.',
      instead: '`originalDestination` is null: `replay` has to be told where `to`.',
      seen: /^AssertionError: /,
    },
  },
}
