import type { Seen, Specimen, Value } from './specimen.ts'

/*
 * What becomes of a message that one protocol has sent when another reads it. Each row is tried with every protocol that
 * can say what is sent, and every one that reads. A new protocol is a column (`Reader`) and an adapter.
 */

/** Protocols that read, as columns of the table. */
export const READERS = ['OpenWire', 'STOMP'] as const
export type Reader = (typeof READERS)[number]

export interface Row {
  /** As a noun: it stands in the page and in the names of failures. */
  readonly what: string
  readonly sent: Specimen
  /** Of what was sent, that which another sees differently; and the same in words, for the page. Absent: nothing. */
  readonly seen: Readonly<Partial<Record<Reader, Differently>>>
  /** Where one version of a protocol has fewer words than the others: by the name of the adapter that reads. */
  readonly except?: Readonly<Record<string, Differently>>
}

export interface Differently {
  readonly words: string
  readonly as: Partial<Seen>
}

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex')
const UNICODE = 'größe 漢字 😀 \u0001\u007f\u2028'
const hex = (text: string): string => Buffer.from(text).toString('hex')

const text = (body: string | null): Specimen => ({ kind: 'text', body })
const properties = (values: Readonly<Record<string, Value>>): Specimen => ({
  kind: 'text',
  body: 'x',
  properties: values,
})
const strings = (values: Readonly<Record<string, string>>): Specimen =>
  properties(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, ['string', value]])))

const JSON_TYPE = 'application/json'
const EVERY_TYPE: Readonly<Record<string, Value>> = {
  yes: ['boolean', true],
  no: ['boolean', false],
  byte: ['byte', -128],
  short: ['short', 32_767],
  int: ['int', -2_147_483_648],
  long: ['long', '9223372036854775807'],
  float: ['float', 0.5],
  double: ['double', 1.5e300],
  string: ['string', 'a "text"'],
}

export const ROWS: readonly Row[] = [
  // ---- Bodies

  { what: 'a text', sent: text('a text'), seen: {} },
  { what: 'an empty text', sent: text(''), seen: {} },
  {
    what: 'a text that was never set',
    sent: text(null),
    seen: { STOMP: { words: 'an empty text', as: { body: '' } } },
  },
  { what: 'a text with characters of every length', sent: text(UNICODE), seen: {} },
  { what: 'a text with lines, colons and backslashes', sent: text('one\ntwo\r\nthree: \\n \\c \\\\\n\n'), seen: {} },
  {
    what: 'a text with a NUL',
    sent: text('a\0b 😀\0'),
    seen: { STOMP: { words: 'its bytes, with a `content-length`', as: { kind: 'bytes', body: hex('a\0b 😀\0') } } },
  },
  { what: 'a long text', sent: text('größe '.repeat(30_000)), seen: {} },
  { what: 'bytes', sent: { kind: 'bytes', body: '01020304' }, seen: {} },
  { what: 'no bytes', sent: { kind: 'bytes', body: '' }, seen: {} },
  { what: 'bytes of every value', sent: { kind: 'bytes', body: EVERY_BYTE }, seen: {} },
  {
    what: 'bytes that look like frames',
    sent: { kind: 'bytes', body: hex('SEND\ndestination:/queue/evil\n\nx\0\nMESSAGE\n\n\0') },
    seen: {},
  },
  { what: 'many bytes', sent: { kind: 'bytes', body: EVERY_BYTE.repeat(1000) }, seen: {} },
  {
    what: 'a map with values of every type',
    sent: { kind: 'map', body: { ...EVERY_TYPE, bytes: ['bytes', '0102ff'] } },
    seen: {
      STOMP: {
        words: 'a JSON object, `content-type:application/json`; bytes as base64',
        as: {
          kind: 'text',
          contentType: JSON_TYPE,
          body:
            '{"yes":true,"no":false,"byte":-128,"short":32767,"int":-2147483648,"long":9223372036854775807,' +
            '"float":0.5,"double":1.5e+300,"string":"a \\"text\\"","bytes":"AQL/"}',
        },
      },
    },
  },
  {
    what: 'an empty map',
    sent: { kind: 'map', body: {} },
    seen: {
      STOMP: {
        words: '`{}`, `content-type:application/json`',
        as: { kind: 'text', contentType: JSON_TYPE, body: '{}' },
      },
    },
  },
  {
    what: 'a map with null, maps and lists in it',
    sent: {
      kind: 'map',
      body: {
        nothing: ['null', null],
        map: ['map', { a: ['int', 1] }],
        list: [
          'list',
          [
            ['string', 'x'],
            ['boolean', true],
          ],
        ],
      },
    },
    seen: {
      STOMP: {
        words: 'a JSON object with objects and arrays in it',
        as: { kind: 'text', contentType: JSON_TYPE, body: '{"nothing":null,"map":{"a":1},"list":["x",true]}' },
      },
    },
  },
  {
    what: 'a stream',
    sent: {
      kind: 'stream',
      body: [
        ['int', 1],
        ['string', 'größe'],
        ['boolean', false],
        ['null', null],
        ['bytes', 'ff00'],
      ],
    },
    seen: {
      STOMP: {
        words: 'a JSON array, `content-type:application/json`',
        as: { kind: 'text', contentType: JSON_TYPE, body: '[1,"größe",false,null,"/wA="]' },
      },
    },
  },
  {
    what: 'an object of Java',
    sent: { kind: 'object', body: 'aced000574000568656c6c6f' },
    seen: {
      STOMP: {
        words: 'its bytes, `content-type:application/x-java-serialized-object`',
        as: { kind: 'bytes', contentType: 'application/x-java-serialized-object' },
      },
    },
  },
  {
    what: 'a message without a body',
    sent: { kind: 'none', body: null },
    seen: { STOMP: { words: 'an empty text', as: { kind: 'text', body: '' } } },
  },

  // ---- Properties

  {
    what: 'properties of every type',
    sent: properties(EVERY_TYPE),
    seen: {
      STOMP: {
        words: 'texts, as Java prints them: `1.5E300`',
        as: {
          properties: {
            yes: ['string', 'true'],
            no: ['string', 'false'],
            byte: ['string', '-128'],
            short: ['string', '32767'],
            int: ['string', '-2147483648'],
            long: ['string', '9223372036854775807'],
            float: ['string', '0.5'],
            double: ['string', '1.5E300'],
            string: ['string', 'a "text"'],
          },
        },
      },
    },
  },
  {
    what: 'numbers at their limits',
    sent: properties({
      a: ['long', '-9223372036854775808'],
      b: ['double', Number.POSITIVE_INFINITY],
      c: ['double', 5e-324],
      d: ['float', 3],
      e: ['double', -0],
    }),
    seen: {
      STOMP: {
        words: 'texts, as Java prints them: `Infinity`, `3.0`',
        as: {
          properties: {
            a: ['string', '-9223372036854775808'],
            b: ['string', 'Infinity'],
            c: ['string', '4.9E-324'],
            d: ['string', '3.0'],
            e: ['string', '-0.0'],
          },
        },
      },
    },
  },
  {
    what: 'a property that is null, a map or a list',
    sent: properties({
      a: ['null', null],
      b: ['map', { x: ['int', 1] }],
      c: ['list', [['int', 1]]],
      d: ['string', 'd'],
    }),
    seen: { STOMP: { words: 'left out', as: { properties: { d: ['string', 'd'] } } } },
  },
  { what: 'texts as properties', sent: strings({ empty: '', unicode: UNICODE, number: '5', quote: '"\'' }), seen: {} },
  { what: 'blanks around a text', sent: strings({ blanks: '  two  ', tab: '\tx' }), seen: {} },
  {
    what: 'a text with colons, backslashes and what looks escaped',
    sent: strings({ a: 'a:b:', b: 'c:\\new\\\\', c: '\\c\\n' }),
    seen: {},
  },
  {
    what: 'a text with ends of lines',
    sent: strings({ a: 'one\ntwo\n', b: '\n\nbody' }),
    seen: {},
    except: {
      'STOMP 1.0': {
        words: 'blanks in their place',
        as: { properties: { a: ['string', 'one two '], b: ['string', '  body'] } },
      },
    },
  },
  {
    what: 'a text with carriage returns',
    sent: strings({ a: 'one\rtwo', b: 'x\r\ny' }),
    seen: {},
    except: {
      'STOMP 1.0': {
        words: 'blanks in their place',
        as: { properties: { a: ['string', 'one two'], b: ['string', 'x  y'] } },
      },
    },
  },
  {
    what: 'a text with a NUL as a property',
    sent: strings({ a: 'x\0y' }),
    seen: { STOMP: { words: 'a blank in its place', as: { properties: { a: ['string', 'x y'] } } } },
  },
  {
    what: 'names that Java would not allow',
    sent: strings({ 'a-b.c': '1', größe: '2', 'with blank': '3', 'back\\slash': '4', __proto: '5', constructor: '6' }),
    seen: {},
  },
  {
    what: 'names with colons and ends of lines',
    sent: strings({ 'a:b': '1', 'c\nd': '2', e: '3' }),
    seen: {},
    except: {
      'STOMP 1.0': {
        words: 'what has a colon is left out; blanks in place of ends of lines',
        as: { properties: { 'c d': ['string', '2'], e: ['string', '3'] } },
      },
    },
  },
  {
    what: 'names that are headers of a STOMP message',
    sent: strings({ 'content-length': '999', 'message-id': 'mine', destination: '/queue/other', ack: '1', other: 'x' }),
    seen: { STOMP: { words: 'left out', as: { properties: { other: ['string', 'x'] } } } },
  },
  { what: 'a text of 9,000 characters as a property', sent: strings({ long: 'x'.repeat(9000) }), seen: {} },
  {
    what: 'a hundred properties',
    sent: strings(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`name${i}`, `value ${i}`]))),
    seen: {},
  },
  {
    what: 'a content type',
    sent: { kind: 'text', body: '{"a":1}', contentType: 'application/json' },
    seen: {},
  },

  // ---- Headers

  { what: 'persistent', sent: { ...text('x'), persistent: true }, seen: {} },
  { what: 'not persistent', sent: { ...text('x'), persistent: false }, seen: {} },
  { what: 'the lowest priority', sent: { ...text('x'), priority: 0 }, seen: {} },
  { what: 'the highest priority', sent: { ...text('x'), priority: 9 }, seen: {} },
  { what: 'a time at which it expires', sent: { ...text('x'), expires: true }, seen: {} },
  { what: 'a queue for the answer', sent: { ...text('x'), replyTo: 'queue://ANSWERS.a-b' }, seen: {} },
  { what: 'a topic for the answer', sent: { ...text('x'), replyTo: 'topic://ANSWERS' }, seen: {} },
  { what: 'a queue for the answer with an odd name', sent: { ...text('x'), replyTo: 'queue://größe/a:b' }, seen: {} },
  { what: 'a correlation id', sent: { ...text('x'), correlationId: 'ID:host-1:2:3' }, seen: {} },
  { what: 'a correlation id in other letters', sent: { ...text('x'), correlationId: `${UNICODE}\\:` }, seen: {} },
  { what: 'a type', sent: { ...text('x'), type: 'order.new:größe' }, seen: {} },
  { what: 'a message group', sent: { ...text('x'), groupId: 'group:ä', groupSequence: 3 }, seen: {} },
  {
    what: 'everything at once',
    sent: {
      kind: 'text',
      body: UNICODE,
      contentType: 'text/plain;charset=utf-8',
      properties: { colour: ['string', 'rot'], 'a-b': ['string', 'größe: 1'] },
      persistent: true,
      priority: 7,
      expires: true,
      replyTo: 'queue://ANSWERS',
      correlationId: 'c-1',
      type: 't',
      groupId: 'g',
      groupSequence: 1,
    },
    seen: {},
  },
]
