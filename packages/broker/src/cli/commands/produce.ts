import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock } from '@millrace/base'
import {
  byte,
  DeliveryMode,
  double,
  float,
  int,
  long,
  type Message,
  type MessageInput,
  type MessageProducer,
  parseDestination,
  type Session,
  short,
} from '@millrace/client'
import { Command } from 'commander'
import { connect, destinationOf } from '../connect.ts'
import { UsageError } from '../exit.ts'
import { type ClientOptions, clientOptions, type Pair, pairs, whole } from '../options.ts'

interface ProduceOptions extends ClientOptions {
  readonly file?: string
  readonly count?: number
  readonly size?: number
  readonly bytes?: true
  readonly nonPersistent?: true
  readonly async?: true
  readonly priority?: number
  readonly ttl?: number
  readonly property?: readonly Pair[]
  readonly header?: readonly Pair[]
  readonly json?: true
}

export function command(): Command {
  const produce = new Command('produce')
    .description('Sends messages and waits until the broker has confirmed each.')
    .argument('<destination>', 'queue://NAME, topic://NAME; a bare name is a queue')
    .argument('[body...]', 'one message each; without any: --file, --size, or the lines of standard input')
    .option('--file <path>', 'the body is the content of this file')
    .option('--size <bytes>', 'the body is this many letters', whole(0))
    .option('--count <number>', 'send it this often', whole(1))
    .option('--bytes', 'a BytesMessage instead of a TextMessage')
    .option('--non-persistent', 'may be lost with the broker; not confirmed')
    .option('--async', 'send one-way: not confirmed')
    .option('--priority <0-9>', 'priority, 4 when absent', whole(0))
    .option('--ttl <ms>', 'expires after this time', whole(1))
    .option('--property <name=value>', 'property, repeatable; name:int=5 for another type than text', pairs)
    .option('--header <name=value>', 'JMSCorrelationID, JMSReplyTo or JMSType, repeatable', pairs)
    .option('--json', 'print the outcome as one JSON line')
    .action(run)
  for (const option of clientOptions()) produce.addOption(option)
  return produce
}

/** Sends that may wait for their confirmation at once: enough to share disk syncs, few enough to see errors early. */
const WINDOW = 1000

async function run(to: string, texts: readonly string[], options: ProduceOptions): Promise<void> {
  const destination = destinationOf(to)
  if ((options.priority ?? 0) > 9) throw new UsageError('--priority is 0 to 9')
  const bodies = bodiesOf(texts, options)
  const decorate = decoration(options)
  await using connection = await connect(options)
  let asynchronous: Error | null = null
  connection.on('exception', (error) => {
    asynchronous ??= error
  })
  await connection.start()
  await using session = await connection.createSession()
  await using producer = await session.createProducer(destination)
  if (options.nonPersistent) producer.deliveryMode = DeliveryMode.NON_PERSISTENT
  if (options.priority !== undefined) producer.priority = options.priority
  if (options.ttl !== undefined) producer.timeToLive = options.ttl

  const began = systemClock.monotonic()
  const sent = await sendAll(
    producer,
    bodies,
    (body) => decorate(messageOf(session, body, options)),
    options.async === true,
  )
  // One-way sends that failed have been told of before the broker answers this.
  if (options.async || options.nonPersistent) await connection.sync()
  if (asynchronous !== null) throw asynchronous as Error
  const seconds = (systemClock.monotonic() - began) / 1000
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ sent, destination: destination.toString(), seconds })}\n`)
  } else {
    const messages = sent === 1 ? '1 message' : `${sent} messages`
    process.stdout.write(`Sent ${messages} to ${destination.toString()} in ${seconds.toFixed(3)} s.\n`)
  }
}

async function sendAll(
  producer: MessageProducer,
  bodies: Iterable<Body> | AsyncIterable<Body>,
  make: (body: Body) => Message,
  oneWay: boolean,
): Promise<number> {
  const pending = new Set<Promise<void>>()
  let failure: unknown = null
  let sent = 0
  for await (const body of bodies) {
    const send = producer.send(make(body), oneWay ? { confirm: false } : {})
    sent++
    if (oneWay) await send
    else {
      const settled: Promise<void> = send.then(
        () => void pending.delete(settled),
        (error: unknown) => {
          failure ??= error
          pending.delete(settled)
        },
      )
      pending.add(settled)
      if (pending.size >= WINDOW) await Promise.race(pending)
    }
    if (failure !== null) break
  }
  await Promise.all(pending)
  if (failure !== null) throw failure
  return sent
}

type Body = string | Buffer

function bodiesOf(texts: readonly string[], options: ProduceOptions): Iterable<Body> | AsyncIterable<Body> {
  const given = [texts.length > 0, options.file !== undefined, options.size !== undefined].filter(Boolean).length
  if (given > 1) throw new UsageError('a body, --file and --size exclude each other')
  if (given === 0) {
    if (options.count !== undefined) throw new UsageError('--count needs a body, --file or --size')
    if (process.stdin.isTTY) process.stderr.write('One message per line; Ctrl-D ends.\n')
    return standardInput()
  }
  return repeated(
    options.file === undefined ? sized(texts, options.size) : [fileBody(options.file)],
    options.count ?? 1,
  )
}

/** Opened when the first line is asked for: lines that come earlier would be gone. */
async function* standardInput(): AsyncIterable<Body> {
  yield* createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
}

function* repeated(bodies: readonly Body[], count: number): Iterable<Body> {
  for (let i = 0; i < count; i++) yield* bodies
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

function sized(texts: readonly string[], size: number | undefined): readonly string[] {
  return size === undefined ? texts : [LETTERS.repeat(Math.ceil(size / LETTERS.length)).slice(0, size)]
}

/** Text when it is UTF-8, else bytes. */
function fileBody(path: string): Body {
  const content = readFileSync(path)
  const text = content.toString('utf8')
  return Buffer.from(text, 'utf8').equals(content) ? text : content
}

function messageOf(session: Session, body: Body, options: ProduceOptions): Message {
  if (typeof body === 'string' && !options.bytes) return session.createTextMessage(body)
  return session.createBytesMessage(Buffer.from(body))
}

/** What `--property` and `--header` do to each message; wrong ones are told before anything is sent. */
function decoration(options: ProduceOptions): (message: Message) => Message {
  const properties = (options.property ?? []).map(typed)
  const headers = (options.header ?? []).map(headerSetter)
  return (message) => {
    for (const { name, value } of properties) message.setObjectProperty(name, value)
    for (const set of headers) set(message)
    return message
  }
}

const TYPES: Readonly<Record<string, (text: string) => MessageInput>> = {
  string: (text) => text,
  boolean: (text) => {
    if (text !== 'true' && text !== 'false') throw new UsageError(`"${text}" is neither true nor false`)
    return text === 'true'
  },
  byte: (text) => byte(numberOf(text)),
  short: (text) => short(numberOf(text)),
  int: (text) => int(numberOf(text)),
  long: (text) => {
    if (!/^-?\d+$/.test(text)) throw new UsageError(`"${text}" is no whole number`)
    return long(BigInt(text))
  },
  float: (text) => float(numberOf(text)),
  double: (text) => double(numberOf(text)),
}

function typed(pair: Pair): { readonly name: string; readonly value: MessageInput } {
  const [name = '', type = 'string'] = pair.name.split(':')
  const convert = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  if (convert === undefined)
    throw new UsageError(`there is no type ${type}; there are ${Object.keys(TYPES).join(', ')}`)
  return { name, value: convert(pair.value) }
}

function headerSetter({ name, value }: Pair): (message: Message) => void {
  switch (name) {
    case 'JMSCorrelationID':
      return (message) => {
        message.jmsCorrelationID = value
      }
    case 'JMSType':
      return (message) => {
        message.jmsType = value
      }
    case 'JMSReplyTo': {
      const replyTo = parseDestination(value)
      return (message) => {
        message.jmsReplyTo = replyTo
      }
    }
    default:
      throw new UsageError(`${name} cannot be set; there are JMSCorrelationID, JMSReplyTo, JMSType`)
  }
}

function numberOf(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`"${text}" is no number`)
  return value
}
