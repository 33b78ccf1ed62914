import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfiguration } from '../../src/config/configuration.ts'

test('a configuration is what it says', () => {
  const whole = {
    policies: [{ destination: 'queue://ORDERS.>', policy: { prioritizedMessages: true, maxDestinations: 10 } }],
    virtualDestinations: {
      virtualTopics: [{ name: 'VirtualTopic.>', prefix: 'Group.*.', selectorAware: true }],
      composites: [
        { name: 'A', forwardTo: ['B', { destination: 'topic://T', selector: 'x > 1' }], forwardOnly: false },
      ],
      mirroredQueues: { prefix: 'Mirror.' },
    },
    destinations: ['ORDERS', 'topic://PRICES'],
    deleteAllMessagesOnStartup: true,
    schedulePeriodForDestinationPurge: 10_000,
    maxPurgedDestinationsPerSweep: 100,
    limits: { connectionsMax: 5, sendFailIfNoSpace: true },
    storeLimit: '70%',
    tempLimit: 1_000_000_000,
    diskCheckMs: 0,
    sync: 'periodic',
    syncIntervalMs: 500,
  }
  assert.deepEqual(parseConfiguration(JSON.stringify(whole)), whole)
  assert.deepEqual(parseConfiguration('{}'), {})
  const mirrored = { virtualDestinations: { mirroredQueues: true } }
  assert.deepEqual(parseConfiguration(JSON.stringify(mirrored)), mirrored)
})

test('what is wrong in a configuration is told with its place, and the name that was probably meant', () => {
  for (const [source, message] of [
    ['{', /^it is not JSON: /],
    ['[]', /^the whole: expected an object, got \[\]$/],
    ['{"policy": []}', /^policy: there is no such name; did you mean policies\?$/],
    ['{"xyz": []}', /^xyz: there is no such name$/],
    ['{"toString": []}', /^toString: there is no such name$/],
    ['{"policies": {}}', /^policies: expected a list, got \{\}$/],
    ['{"policies": [{"destination": "A"}]}', /^policies\[0\]: policy is missing$/],
    [
      '{"policies": [{"destination": "A", "policy": {"prioritisedMessages": true}}]}',
      /^policies\[0\]\.policy\.prioritisedMessages: there is no such name; did you mean prioritizedMessages\?$/,
    ],
    [
      '{"policies": [{"destination": "A", "policy": {"maxDestinations": "10"}}]}',
      /^policies\[0\]\.policy\.maxDestinations: expected a number, got "10"$/,
    ],
    ...(
      [
        [
          '"slowConsumers": {"kind": "slow", "maxSlowCont": 1}',
          /\.slowConsumers\.maxSlowCont: .* did you mean maxSlowCount\?$/,
        ],
        [
          '"slowConsumers": {"kind": "lastAck", "maxTimeSinceLastAck": "1s"}',
          /\.maxTimeSinceLastAck: expected a whole number from 0, got "1s"$/,
        ],
        [
          '"slowConsumers": true',
          /^policies\[0\]\.policy\.slowConsumers: expected an object with a kind, or null, got true$/,
        ],
        [
          '"pendingMessageLimit": {"kind": "constant"}',
          /^policies\[0\]\.policy\.pendingMessageLimit: limit is missing$/,
        ],
        [
          '"messageEviction": {"kind": "newest"}',
          /\.messageEviction\.kind: expected oldest, .* or uniqueProperty, got "newest"$/,
        ],
        [
          '"subscriptionRecoveryPolicy": {"kind": "timed", "recoverDuration": 0}',
          /\.recoverDuration: expected a whole number from 1, got 0$/,
        ],
        [
          '"deadLetterStrategy": {"kind": "shared", "processExpired": "no"}',
          /\.deadLetterStrategy\.processExpired: expected true or false, got "no"$/,
        ],
      ] as const
    ).map(
      ([attribute, message]) => [`{"policies": [{"destination": "A", "policy": {${attribute}}}]}`, message] as const,
    ),
    ['{"destinations": ["A", 1]}', /^destinations\[1\]: expected a text, got 1$/],
    ['{"deleteAllMessagesOnStartup": null}', /^deleteAllMessagesOnStartup: expected true or false, got null$/],
    ['{"limits": {"connectionMax": 1}}', /^limits\.connectionMax: .* did you mean connectionsMax\?$/],
    [
      '{"virtualDestinations": {"virtualTopics": [{"name": "A", "preffix": ""}]}}',
      /^virtualDestinations\.virtualTopics\[0\]\.preffix: .* did you mean prefix\?$/,
    ],
    [
      '{"virtualDestinations": {"composites": [{"name": "A", "forwardTo": [{"destination": "B"}]}]}}',
      /^virtualDestinations\.composites\[0\]\.forwardTo\[0\]: selector is missing$/,
    ],
    ['{"virtualDestinations": {"mirroredQueues": "yes"}}', /mirroredQueues: expected true or false, got "yes"$/],
  ] as const) {
    assert.throws(() => parseConfiguration(source), { code: 'CONFIGURATION_INVALID', message }, source)
  }
})
