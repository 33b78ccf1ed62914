import { AcknowledgeMode, Queue, type Session } from '@millrace/client'
import { Command } from 'commander'
import { connect, destinationOf } from '../connect.ts'
import { jsonLine } from '../describe.ts'
import { UsageError } from '../exit.ts'
import { type ClientOptions, clientOptions } from '../options.ts'

interface PurgeOptions extends ClientOptions {
  readonly selector?: string
  readonly json?: true
}

export function command(): Command {
  const purge = new Command('purge')
    .description('Takes all messages out of a queue and throws them away. What other consumers hold stays theirs.')
    .argument('<queue>', 'queue://NAME or NAME')
    .option('--selector <sql>', 'only messages that match, as in "colour = \'red\'"')
    .option('--json', 'print the outcome as one JSON line')
    .action(run)
  for (const option of clientOptions()) purge.addOption(option)
  return purge
}

const BATCH = 500
/** When nothing came for this long, the broker is asked for each message by itself. */
const QUIET_MS = 100

async function run(from: string, options: PurgeOptions): Promise<void> {
  const destination = destinationOf(from)
  if (!(destination instanceof Queue)) throw new UsageError(`only queues can be purged, not ${destination.toString()}`)
  await using connection = await connect(options)
  await connection.start()
  await using session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  // First many at once, then one by one until the broker itself says that there is none left.
  const many = await take(session, destination, options, { prefetchSize: 2 * BATCH }, QUIET_MS)
  const rest = await take(session, destination, options, { prefetchSize: 0 }, 0)
  await connection.sync()
  const purged = many + rest
  if (options.json) process.stdout.write(jsonLine({ purged, destination: destination.toString() }))
  else
    process.stdout.write(
      `Threw ${purged} ${purged === 1 ? 'message' : 'messages'} of ${destination.toString()} away.\n`,
    )
}

async function take(
  session: Session,
  queue: Queue,
  { selector }: PurgeOptions,
  prefetch: { readonly prefetchSize: number },
  quietMs: number,
): Promise<number> {
  await using consumer = await session.createConsumer(queue, {
    ...prefetch,
    ...(selector === undefined ? {} : { selector }),
  })
  let count = 0
  for (;;) {
    const message = await (quietMs === 0 ? consumer.receiveNoWait() : consumer.receive(quietMs))
    if (message !== null) count++
    if (message === null || count % BATCH === 0) await session.acknowledge()
    if (message === null) return count
  }
}
