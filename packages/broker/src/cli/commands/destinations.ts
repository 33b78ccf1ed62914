import type { BrokerManagement, DestinationOutcome } from '@millrace/client'
import { Command } from 'commander'
import { UsageError } from '../exit.ts'
import { manage, type ManageOptions, show, tell, withManageOptions } from '../manage.ts'

interface DestinationsOptions extends ManageOptions {
  readonly create?: true
  readonly delete?: true
  readonly evenIfUsed?: true
  readonly purge?: true
  readonly pause?: true
  readonly resume?: true
}

type Change = 'create' | 'delete' | 'purge' | 'pause' | 'resume'
const CHANGES: readonly Change[] = ['create', 'delete', 'purge', 'pause', 'resume']

export function command(): Command {
  const destinations = new Command('destinations')
    .description('Shows the queues and topics of a broker, or changes those that are named. Millrace only.')
    .argument('[name]', 'queue://NAME, topic://NAME, a pattern like "queue://ORDERS.>", or several with commas')
    .option('--create', 'make it, if it is not there')
    .option('--delete', 'remove it with everything in it')
    .option('--even-if-used', 'with --delete: although it has consumers or durable subscriptions')
    .option('--purge', 'throw its messages away, but those that consumers have')
    .option('--pause', 'give its consumers nothing more')
    .option('--resume', 'the opposite of --pause')
    .action(run)
  return withManageOptions(destinations)
}

async function run(name: string | undefined, options: DestinationsOptions): Promise<void> {
  const changes = CHANGES.filter((change) => options[change])
  const [change] = changes
  if (changes.length > 1) throw new UsageError(`--${changes.join(' and --')}: one at a time`)
  if (options.evenIfUsed && change !== 'delete') throw new UsageError('--even-if-used goes with --delete')
  if (change !== undefined && name === undefined) throw new UsageError(`--${change} needs a name`)
  await manage(options, async (broker) => {
    if (change === undefined || name === undefined) await list(broker, name, options)
    else if (change === 'create') {
      await broker.create(name)
      tell(options, `${name} is there.`, { created: name })
    } else await changeAll(broker, change, name, options)
  })
}

async function list(broker: BrokerManagement, name: string | undefined, options: DestinationsOptions): Promise<void> {
  await show(options, broker.destinations(name), {
    one: 'destination',
    head: ['destination', 'messages', 'consumers', 'producers', 'durables', 'in', 'out', 'expired', 'paused'],
    row: (it) => [
      it.destination,
      it.messages,
      it.consumers,
      it.producers,
      it.durables,
      it.enqueued,
      it.dequeued,
      it.expired,
      it.paused ? 'yes' : '',
    ],
  })
}

const DONE: Readonly<Record<Exclude<Change, 'create'>, (outcome: DestinationOutcome) => string>> = {
  delete: ({ destination }) => `Deleted ${destination}.`,
  purge: ({ destination, count }) => `Threw ${count} ${count === 1 ? 'message' : 'messages'} of ${destination} away.`,
  pause: ({ destination }) => `Paused ${destination}.`,
  resume: ({ destination }) => `Resumed ${destination}.`,
}

async function changeAll(
  broker: BrokerManagement,
  change: Exclude<Change, 'create'>,
  name: string,
  options: DestinationsOptions,
): Promise<void> {
  const outcomes =
    change === 'delete'
      ? await broker.delete(name, { evenIfUsed: options.evenIfUsed === true })
      : await broker[change](name)
  if (outcomes.length === 0) tell(options, `Nothing is covered by ${name}.`, { destination: name, count: 0 })
  for (const outcome of outcomes) {
    const { destination, error } = outcome
    if (error !== undefined) process.exitCode = 1
    tell(options, error === undefined ? DONE[change](outcome) : `${destination}: ${error.message}`, outcome)
  }
}
