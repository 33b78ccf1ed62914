import type { BrokerManagement } from '@millrace/client'
import { Command } from 'commander'
import { jsonLine } from '../describe.ts'
import { UsageError } from '../exit.ts'
import { manage, type ManageOptions, show, tell, withManageOptions } from '../manage.ts'
import { whole } from '../options.ts'
import { printTable, timeText } from '../table.ts'

interface SubscriptionsOptions extends ManageOptions {
  readonly of?: string
  readonly create?: string
  readonly delete?: true
  readonly browse?: true
  readonly selector?: string
  readonly shared?: true
  readonly limit?: number
}

export function command(): Command {
  const subscriptions = new Command('subscriptions')
    .description('Shows durable and shared subscriptions, or makes, looks into and deletes one. Millrace only.')
    .argument('[name]', 'the name of one subscription')
    .option('--of <client>', 'the client id it belongs to')
    .option('--create <topic>', 'make a durable subscription of this topic, which collects from now on')
    .option('--selector <sql>', 'with --create: only messages that match')
    .option('--shared', 'with --create: several consumers may hold it together')
    .option('--browse', 'show the messages that it holds, and leave them there')
    .option('--limit <number>', 'with --browse: at most so many; 100 when absent', whole(1))
    .option('--delete', 'delete it with everything that it has collected')
    .action(run)
  return withManageOptions(subscriptions)
}

async function run(name: string | undefined, options: SubscriptionsOptions): Promise<void> {
  const { of: clientId, create } = options
  if ((create !== undefined || options.browse || options.delete) && name === undefined) {
    throw new UsageError('name the subscription that is meant')
  }
  await manage(options, async (broker) => {
    if (name === undefined) await list(broker, options)
    else if (create !== undefined) {
      await broker.createSubscription({
        name,
        destination: create,
        shared: options.shared === true,
        ...(clientId === undefined ? {} : { clientId }),
        ...(options.selector === undefined ? {} : { selector: options.selector }),
      })
      tell(options, `Subscription ${name} of ${create} collects from now on.`, { created: name, clientId })
    } else if (options.delete) {
      await broker.deleteSubscription(clientId ?? '', name)
      tell(options, `Deleted subscription ${name}.`, { deleted: name, clientId })
    } else if (options.browse) await browse(broker, name, options)
    else await list(broker, options, name)
  })
}

async function list(broker: BrokerManagement, options: SubscriptionsOptions, name?: string): Promise<void> {
  const { of: clientId } = options
  const all = broker.subscriptions(clientId === undefined ? {} : { clientId })
  await show(options, named(all, name), {
    one: 'subscription',
    head: ['client id', 'name', 'topic', 'selector', 'kind', 'pending', 'consumers', 'without consumer since'],
    row: (it) => [
      it.clientId,
      it.name,
      it.destination,
      it.selector,
      [it.shared ? 'shared' : '', it.durable ? 'durable' : ''].join(' ').trim(),
      it.pending,
      it.consumerIds.length,
      timeText(it.offlineSinceMs),
    ],
  })
}

async function* named<T extends { readonly name: string }>(
  all: AsyncIterable<T>,
  name: string | undefined,
): AsyncGenerator<T> {
  for await (const one of all) if (name === undefined || one.name === name) yield one
}

async function browse(broker: BrokerManagement, name: string, options: SubscriptionsOptions): Promise<void> {
  const messages = await broker.browseSubscription(options.of ?? '', name, options.limit)
  if (options.json) {
    for (const message of messages) process.stdout.write(jsonLine(message))
    return
  }
  await printTable(
    ['message id', 'sent', 'destination', 'priority', 'bytes'],
    messages.map((it) => [it.messageId, timeText(it.timestamp), it.destination, it.priority, it.bytes]),
  )
  process.stdout.write(`${messages.length} shown.\n`)
}
