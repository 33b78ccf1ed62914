/** A message of each kind, with everything in it that can be in it. */
import type { Outgoing, Value } from './exchange.ts'

/** The limits of each type, and what is easily lost: signed zero, no number, the last bits of a long. */
const values: Readonly<Record<string, Value>> = {
  booleanFalse: { type: 'boolean', value: false },
  booleanTrue: { type: 'boolean', value: true },
  byteLow: { type: 'byte', value: -128 },
  byteHigh: { type: 'byte', value: 127 },
  shortLow: { type: 'short', value: -32_768 },
  shortHigh: { type: 'short', value: 32_767 },
  intLow: { type: 'int', value: -2_147_483_648 },
  intHigh: { type: 'int', value: 2_147_483_647 },
  longLow: { type: 'long', value: '-9223372036854775808' },
  longHigh: { type: 'long', value: '9223372036854775807' },
  longBeyondDouble: { type: 'long', value: '9007199254740993' },
  float: { type: 'float', value: Math.fround(1.1) },
  floatLow: { type: 'float', value: Math.fround(-3.4028234663852886e38) },
  floatNaN: { type: 'float', value: 'NaN' },
  double: { type: 'double', value: 1.1 },
  doubleWhole: { type: 'double', value: 3 },
  doubleTiny: { type: 'double', value: 5e-324 },
  doubleMinusZero: { type: 'double', value: '-0' },
  doubleInfinity: { type: 'double', value: '-Infinity' },
  string: { type: 'string', value: 'Grüße, 世界' },
  stringEmpty: { type: 'string', value: '' },
}

const more: Readonly<Record<string, Value>> = {
  char: { type: 'char', value: 'ß' },
  bytes: { type: 'bytes', value: '00ff7f80' },
  bytesEmpty: { type: 'bytes', value: '' },
  nothing: { type: 'null', value: null },
}

/** java.lang.String "object", serialised. */
const serialised = 'aced00057400066f626a656374'

const long = 'long text, '.repeat(8000)

const properties = values
const headers = { correlationId: 'correlation 7', type: 'a type', replyTo: 'queue://interop.replies', groupId: 'group' }

/** What modified UTF-8 writes in another way than UTF-8: the null character, and pairs of surrogates. */
const rare: Readonly<Record<string, Value>> = { rare: { type: 'string', value: 'a wave 🌊 and \u0000' } }

/**
 * The Java client reads these wrongly from maps and properties, whoever wrote them: it takes the bytes for plain UTF-8. What it writes
 * is right. So they cross in one direction only.
 */
export const notReadByJava: Readonly<Record<string, Outgoing>> = {
  'text with rare characters in a property': { kind: 'text', body: 'text', properties: rare },
  'map with rare characters': { kind: 'map', body: rare, properties: {} },
}

export const specimens: Readonly<Record<string, Outgoing>> = {
  text: { kind: 'text', body: 'Grüße, 世界, 🌊\u0000 end', headers, properties },
  'empty text': { kind: 'text', body: '', properties: {} },
  'text without text': { kind: 'text', body: null, properties: {} },
  'text of 88 thousand characters': { kind: 'text', body: long, properties: { long: { type: 'string', value: long } } },
  bytes: {
    kind: 'bytes',
    body: Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex'),
    headers,
    properties,
  },
  'empty bytes': { kind: 'bytes', body: '', properties: {} },
  map: { kind: 'map', body: { ...values, ...more }, headers, properties },
  'empty map': { kind: 'map', body: {}, properties: {} },
  stream: { kind: 'stream', body: [...Object.values(values), ...Object.values(more)], headers, properties },
  'empty stream': { kind: 'stream', body: [], properties: {} },
  object: { kind: 'object', body: serialised, headers, properties },
  'message without a body': { kind: 'message', body: null, headers, properties },
  'bare message': { kind: 'message', properties: {} },
}
