import { type Chance, damaged } from './chance.ts'

/*
 * What a STOMP client might say: frames that are mostly right and belong together (transactions that were begun, messages
 * that were delivered, subscriptions that exist), each of them a little wrong now and then, in its headers or in its bytes.
 */

type Headers = [name: string, value: string][]

interface Frame {
  command: string
  headers: Headers
  body: Buffer
  /** What it says of its length; null: nothing. */
  length: string | null
}

const NOTHING = Buffer.alloc(0)
const VERSIONS = ['1.0', '1.1', '1.2'] as const

/** Few, so that frames meet. */
const DESTINATIONS = [
  '/queue/a',
  '/queue/b',
  '/queue/a.b.c',
  '/topic/t',
  '/topic/t.u',
  '/temp-queue/mine',
  '/temp-topic/mine',
  '/queue/a,/topic/t',
  '/queue/a.*',
  '/topic/>',
  '/topic/ActiveMQ.Advisory.>',
  '/topic/VirtualTopic.v',
  '/queue/Consumer.c.VirtualTopic.v',
  '/queue/a?consumer.exclusive=true',
  '/topic/t?consumer.retroactive=true&consumer.prefetchSize=3',
  '/queue/ActiveMQ.DLQ',
  '/remote-temp-queue/ID:nobody:1',
]
const WRONG_DESTINATIONS = [
  '',
  '/',
  '/queue/',
  'queue',
  '/queue',
  '/queues/a',
  ',',
  '/queue/a,',
  '/queue/>',
  '/queue/\n',
  '/topic/a..b',
]
const NUMBERS = [
  '0',
  '1',
  '4',
  '9',
  '2',
  '3',
  '5',
  '6',
  '7',
  '8',
  '100',
  '20',
  '5000',
  '10',
  ' 7 ',
  '-1',
  '',
  'x',
  '1e3',
  '0x10',
  '1.5',
  'NaN',
  '9007199254740993',
  '99999999999999999999999',
]
const TEXTS = [
  '',
  'x',
  'größe',
  '漢字',
  '😀',
  ' padded ',
  'a:b',
  'c:\\windows',
  'two\nlines',
  'cr\rlf',
  'true',
  'false',
  '\u0001',
  '\ufffd',
  "it's",
]
const SELECTORS = [
  "colour = 'red'",
  'n > 3',
  "JMSType LIKE 'a%' AND n BETWEEN 1 AND 2 OR x IS NULL",
  "'",
  '((((',
  '1 = 1',
  'x IN (',
  `${'('.repeat(3000)}1=1${')'.repeat(3000)}`,
  "convert_string_expressions:n = '5'",
]
const NAMES = [
  'colour',
  'n',
  'content-type',
  'ack',
  'JMSXUserID',
  'constructor',
  '__proto__',
  'a-b',
  'JMSXDeliveryCount',
  'größe',
  'x:y',
  'subscription',
  'JMSXGroupID',
]
const BODIES = [
  '',
  'a text',
  'größe 漢字 😀',
  '{"a":1,"b":[true,null]}',
  '{"map":{"entry":[{"string":["k","v"]}]}}',
  '<map><entry><string>k</string><int>5</int></entry></map>',
  '{"map":',
  '<map><entry>',
  '<!DOCTYPE x><map/>',
]
const TRANSFORMATIONS = [
  'jms-map-json',
  'jms-map-xml',
  'jms-json',
  'jms-xml',
  'jms-byte',
  'json',
  'jms-object-json',
  'rot13',
]
const COMMANDS = [
  'CONNECTED',
  'MESSAGE',
  'RECEIPT',
  'ERROR',
  '',
  'send',
  'SENDING',
  'SUBSCRIPTION',
  'STOMP',
  'CONNECT',
  '\u00ff\u00fe',
  'X'.repeat(2000),
]

export class StompScript {
  readonly #chance: Chance
  #version: string
  /** Values of `ack` headers, and message ids, as they came. */
  #acks: string[] = []
  #messages: string[] = []
  #subscriptions = 0
  /** Those that were begun and are not over, as far as everything went well. */
  readonly #transactions = new Set<string>()

  constructor(chance: Chance) {
    this.#chance = chance
    this.#version = chance.of(VERSIONS)
  }

  /** What the broker has said. */
  heard(text: string): void {
    for (const [, id = ''] of text.matchAll(/\nack:(.*)\n/g)) this.#acks.push(id)
    // Only 1.0 does not escape it.
    for (const [, id = ''] of text.matchAll(/\nmessage-id:(.*)\n/g))
      this.#messages.push(this.#version === '1.0' ? id : id.replaceAll('\\c', ':'))
    if (this.#acks.length > 50) this.#acks = this.#acks.slice(-20)
    if (this.#messages.length > 50) this.#messages = this.#messages.slice(-20)
  }

  /** The first frame. Mostly good, or nothing would come behind it. */
  connect(): Buffer {
    const chance = this.#chance
    const headers: Headers = [['host', 'here']]
    if (this.#version !== '1.0' || chance.oneIn(4)) headers.push(['accept-version', this.#version])
    if (chance.oneIn(10)) headers.push(['accept-version', chance.of(['1.3', '', '1.0,1.1,1.2', ',', '1.1 , 1.2', 'x'])])
    if (chance.oneIn(2)) headers.push(['client-id', chance.of(['c1', 'c2', '', 'größe'])])
    if (chance.oneIn(4)) headers.push(['heart-beat', chance.of(['0,0', '1000,1000', '1,1', '5000,0'])])
    if (chance.oneIn(40)) headers.push(['heart-beat', chance.of(['-1,0', 'x', '5', '999999999999,1'])])
    if (chance.oneIn(4)) headers.push(['login', chance.of(TEXTS)], ['passcode', chance.of(TEXTS)])
    const frame: Frame = { command: chance.oneIn(3) ? 'STOMP' : 'CONNECT', headers, body: NOTHING, length: null }
    return chance.oneIn(12) ? this.#damagedFrame(frame) : this.#bytes(frame)
  }

  next(): Buffer {
    const chance = this.#chance
    const frame = this.#frame()
    if (chance.oneIn(3)) frame.headers.push(['receipt', chance.of(['r', '', 'größe', 'a:b', 'x'.repeat(300)])])
    if (chance.oneIn(8)) this.#twist(frame)
    if (chance.oneIn(25)) return this.#damagedFrame(frame)
    const bytes = this.#bytes(frame)
    return chance.oneIn(10) ? Buffer.concat([bytes, Buffer.from(chance.of(['\n', '\r\n', '\n\n\n', '\r']))]) : bytes
  }

  #frame(): Frame {
    switch (this.#chance.below(12)) {
      case 0:
      case 1:
        return this.#subscribe()
      case 2:
      case 3:
        return this.#acknowledge()
      case 4:
        return this.#unsubscribe()
      case 5:
        return this.#transaction()
      case 6:
        return this.#chance.oneIn(3) ? plain('DISCONNECT', []) : this.#send()
      default:
        return this.#send()
    }
  }

  #send(): Frame {
    const chance = this.#chance
    const headers: Headers = [['destination', this.#destination()]]
    const header = (oneIn: number, name: string, values: readonly string[]): void => {
      if (chance.oneIn(oneIn)) headers.push([name, chance.of(values)])
    }
    header(3, 'persistent', ['true', 'false', ' TRUE '])
    header(4, 'priority', NUMBERS)
    header(6, 'expires', [...NUMBERS, '1000000001000'])
    header(8, 'timestamp', NUMBERS)
    header(4, 'correlation-id', TEXTS)
    header(4, 'reply-to', [...DESTINATIONS, ...WRONG_DESTINATIONS, 'mailto:x'])
    header(6, 'type', TEXTS)
    header(8, 'amq-msg-type', ['text', 'bytes', 'TEXT', 'map'])
    header(10, 'transformation', TRANSFORMATIONS)
    header(10, 'JMSPriority', NUMBERS)
    header(12, 'JMSDeliveryMode', ['2', '1', 'PERSISTENT', 'x'])
    header(100, 'AMQ_SCHEDULED_DELAY', NUMBERS)
    header(100, 'AMQ_SCHEDULED_CRON', ['* * * * *', '*/5 * * * *', 'x', '* * *'])
    header(20, 'JMSXGroupSeq', NUMBERS)
    if (this.#transactions.size > 0 && chance.oneIn(3)) headers.push(['transaction', this.#transactionName()])
    for (let i = chance.length(30); i > 0; i--)
      headers.push([chance.oneIn(3) ? `p${i}` : chance.of(NAMES), chance.of(TEXTS)])
    const body = chance.oneIn(3) ? chance.bytes(chance.length(2000)) : Buffer.from(chance.of(BODIES))
    const counted = body.includes(0) || chance.oneIn(2)
    return { command: 'SEND', headers, body, length: counted ? String(body.length) : null }
  }

  #subscribe(): Frame {
    const chance = this.#chance
    const headers: Headers = [['destination', this.#destination()]]
    if (this.#version !== '1.0' || chance.oneIn(2)) {
      this.#subscriptions = (this.#subscriptions + 1) % 5
      headers.push(['id', `s${this.#subscriptions}`])
    }
    if (chance.oneIn(2)) headers.push(['ack', chance.of(['auto', 'client', 'client-individual', 'x'])])
    if (chance.oneIn(8)) headers.push(['selector', chance.of(SELECTORS)])
    if (chance.oneIn(8)) headers.push(['browser', chance.of(['true', 'false', 'x'])])
    if (chance.oneIn(8)) headers.push(['transformation', chance.of(TRANSFORMATIONS)])
    if (chance.oneIn(8)) headers.push(['activemq.subscriptionName', chance.of(['d1', 'd2', ''])])
    if (chance.oneIn(6)) headers.push(['activemq.prefetchSize', chance.of(NUMBERS)])
    for (const name of ['exclusive', 'retroactive', 'noLocal', 'priority', 'maximumPendingMessageLimit']) {
      if (chance.oneIn(10)) headers.push([`activemq.${name}`, chance.of(['true', ...NUMBERS])])
    }
    return plain('SUBSCRIBE', headers)
  }

  #acknowledge(): Frame {
    const chance = this.#chance
    const headers: Headers = []
    const message = this.#messages.length > 0 ? chance.of(this.#messages) : 'ID:x'
    if (this.#version === '1.2')
      headers.push(['id', this.#acks.length > 0 ? chance.of(this.#acks) : chance.of(['1-1', '-', ''])])
    else headers.push(['message-id', message], ['subscription', `s${chance.below(5)}`])
    if (this.#transactions.size > 0 && chance.oneIn(3)) headers.push(['transaction', this.#transactionName()])
    return plain(chance.oneIn(4) ? 'NACK' : 'ACK', headers)
  }

  #unsubscribe(): Frame {
    const chance = this.#chance
    const headers: Headers = [['id', `s${chance.below(5)}`]]
    if (chance.oneIn(4)) headers.push(['destination', this.#destination()])
    if (chance.oneIn(6)) headers.push(['activemq.subscriptionName', chance.of(['d1', 'd2'])])
    return plain('UNSUBSCRIBE', headers)
  }

  #transaction(): Frame {
    const chance = this.#chance
    const command = chance.of(['BEGIN', 'BEGIN', 'COMMIT', 'ABORT'])
    const name = command === 'BEGIN' ? `t${chance.below(4)}` : this.#transactionName()
    if (command === 'BEGIN') this.#transactions.add(name)
    else this.#transactions.delete(name)
    return plain(command, [['transaction', name]])
  }

  #transactionName(): string {
    const open = [...this.#transactions]
    return open.length === 0 || this.#chance.oneIn(20) ? `t${this.#chance.below(5)}` : this.#chance.of(open)
  }

  #destination(): string {
    return this.#chance.of(this.#chance.oneIn(10) ? WRONG_DESTINATIONS : DESTINATIONS)
  }

  /** Wrong in what it says, as a frame it is whole. */
  #twist(frame: Frame): void {
    const chance = this.#chance
    const { headers } = frame
    const at = chance.below(headers.length + 1)
    switch (chance.below(8)) {
      case 0:
        headers.splice(at, 1)
        return
      case 1:
        headers.splice(at, 0, [chance.of(['destination', 'id', 'transaction', 'receipt', ...NAMES]), chance.of(TEXTS)])
        return
      case 2:
        headers.splice(at, 1, [
          chance.of(['', 'x', 'content-length', 'y'.repeat(11_000)]),
          chance.of([...TEXTS, ...NUMBERS]),
        ])
        return
      case 3:
        for (let i = chance.length(1100); i > 0; i--) headers.push([`h${i}`, 'v'])
        return
      case 4:
        frame.command = chance.of(COMMANDS)
        return
      case 5:
        frame.length = chance.of([
          ...NUMBERS,
          String(frame.body.length + 1),
          String(Math.max(0, frame.body.length - 1)),
        ])
        return
      case 6:
        frame.body = chance.bytes(chance.length(70_000))
        return
      default:
        headers.push(['x', chance.of(['\\t', '\\', '\\\\\\', '\\r', '\\n\\c'])])
    }
  }

  /** Wrong in its bytes. */
  #damagedFrame(frame: Frame): Buffer {
    const bytes = this.#bytes(frame)
    switch (this.#chance.below(4)) {
      case 0:
        return bytes.subarray(0, this.#chance.below(bytes.length))
      case 1:
        return Buffer.concat([bytes, bytes.subarray(this.#chance.below(bytes.length))])
      default:
        return damaged(bytes, this.#chance)
    }
  }

  #bytes({ command, headers, body, length }: Frame): Buffer {
    const eol = this.#version === '1.2' && this.#chance.oneIn(5) ? '\r\n' : '\n'
    let head = command + eol
    for (const [name, value] of headers) head += `${this.#escaped(name)}:${this.#escaped(value)}${eol}`
    if (length !== null) head += `content-length:${length}${eol}`
    return Buffer.concat([Buffer.from(head + eol), body, Buffer.of(0)])
  }

  /** Now and then it is forgotten. */
  #escaped(text: string): string {
    if (this.#chance.oneIn(2000)) return text
    if (this.#version === '1.0') return text.replaceAll('\n', ' ')
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(':', '\\c')
    return this.#version === '1.1' ? escaped : escaped.replaceAll('\r', '\\r')
  }
}

function plain(command: string, headers: Headers): Frame {
  return { command, headers, body: NOTHING, length: null }
}
