import { AcknowledgeMode, type Message, type MessageConsumer, Queue, type Session, Topic } from '@millrace/client'
import { Command, Option } from 'commander'
import { connect, destinationOf } from '../connect.ts'
import { describe, jsonLine, printable } from '../describe.ts'
import { Exit, UsageError } from '../exit.ts'
import { type ClientOptions, clientOptions, seconds, whole } from '../options.ts'

interface ConsumeOptions extends ClientOptions {
  readonly count?: number
  readonly timeout?: number
  readonly selector?: string
  readonly durable?: string
  readonly ack: Ack
  readonly json?: true
}

const acks = ['auto', 'client', 'individual', 'dups-ok', 'transacted', 'none'] as const
type Ack = (typeof acks)[number]

const MODES: Readonly<Record<Ack, AcknowledgeMode>> = {
  auto: AcknowledgeMode.AUTO,
  client: AcknowledgeMode.CLIENT,
  individual: AcknowledgeMode.INDIVIDUAL,
  'dups-ok': AcknowledgeMode.DUPS_OK,
  transacted: AcknowledgeMode.SESSION_TRANSACTED,
  none: AcknowledgeMode.CLIENT,
}

export function command(): Command {
  const consume = new Command('consume')
    .description('Receives messages and prints their bodies, one per line.')
    .argument('<destination>', 'queue://NAME, topic://NAME; a bare name is a queue')
    .option('--count <number>', 'end after this many; fewer is exit code 1', whole(1))
    .option('--timeout <seconds>', 'end when nothing came for this long', seconds)
    .option('--selector <sql>', 'only messages that match, as in "colour = \'red\'"')
    .option('--durable <name>', 'durable subscription to a topic; needs --client-id')
    .addOption(
      new Option('--ack <mode>', 'when a printed message is acknowledged; none: never')
        .choices(acks)
        .default('individual'),
    )
    .option('--json', 'one JSON line per message, with headers and properties')
    .action(run)
  for (const option of clientOptions()) consume.addOption(option)
  return consume
}

const PREFETCH_MAX = 1000

async function run(from: string, options: ConsumeOptions): Promise<void> {
  const destination = destinationOf(from)
  if (options.durable !== undefined && options.clientId === undefined) {
    throw new UsageError('--durable needs --client-id: together they name the subscription')
  }
  await using connection = await connect(options)
  await using session = await connection.createSession({ acknowledgeMode: MODES[options.ack] })
  // No more than will be printed: what is sent ahead is out of reach for others meanwhile.
  const more = {
    prefetchSize: Math.min(options.count ?? PREFETCH_MAX, PREFETCH_MAX),
    ...(options.selector === undefined ? {} : { selector: options.selector }),
  }
  let consumer: MessageConsumer
  if (options.durable === undefined) consumer = await session.createConsumer(destination, more)
  else if (destination instanceof Topic)
    consumer = await session.createDurableConsumer(destination, options.durable, more)
  else
    throw new UsageError(
      `--durable is for topics; ${destination instanceof Queue ? 'a queue keeps its messages anyway' : from}`,
    )
  await connection.start()

  const stop = stopOnSignal()
  const received = await printAll(session, consumer, options, stop)
  await consumer.close()
  if (options.count === undefined || received === options.count || stop.aborted) return
  process.stderr.write(`millrace: TIMEOUT: ${received} of ${options.count} messages came in time\n`)
  process.exitCode = Exit.Failure
}

async function printAll(
  session: Session,
  consumer: MessageConsumer,
  options: ConsumeOptions,
  stop: AbortSignal,
): Promise<number> {
  const wait = { signal: stop, ...(options.timeout === undefined ? {} : { timeout: options.timeout }) }
  let received = 0
  while (options.count === undefined || received < options.count) {
    let message: Message | null
    try {
      message = await consumer.receive(wait)
    } catch (error) {
      if (stop.aborted) break
      throw error
    }
    if (message === null) break
    received++
    await print(message, options.json === true)
    if (options.ack === 'client' || options.ack === 'individual') await message.acknowledge()
    else if (options.ack === 'transacted') await session.commit()
  }
  return received
}

/** Waits until it is out, so that an acknowledgement means that somebody could have seen it. */
function print(message: Message, json: boolean): Promise<void> {
  const body = json ? jsonLine(describe(message)) : printable(message)
  const whole = typeof body === 'string' ? (json ? body : `${body}\n`) : Buffer.concat([body, Buffer.from('\n')])
  return new Promise((resolve, reject) => {
    process.stdout.write(whole, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Ctrl-C ends it in an orderly way; the second time at once. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}
