import { Command } from 'commander'
import { showConsumers } from '../consumer-table.ts'
import { UsageError } from '../exit.ts'
import { manage, type ManageOptions, tell, withManageOptions } from '../manage.ts'

interface SlowOptions extends ManageOptions {
  readonly end?: string
  readonly connection?: true
}

export function command(): Command {
  const slow = new Command('slow')
    .description('Shows consumers that have all they may hold while more waits for them, or ends one. Millrace only.')
    .argument('[name]', 'queue://NAME, topic://NAME, a pattern, or several with commas')
    .option('--end <consumer>', 'end this consumer, slow or not; what it has not acknowledged goes to others')
    .option('--connection', 'with --end: end its whole connection')
    .action(run)
  return withManageOptions(slow)
}

async function run(name: string | undefined, options: SlowOptions): Promise<void> {
  const { end } = options
  if (options.connection && end === undefined) throw new UsageError('--connection goes with --end')
  await manage(options, async (broker) => {
    if (end === undefined) {
      const filter = { slow: true, ...(name === undefined ? {} : { destination: name }) }
      await showConsumers(options, broker.consumers(filter), 'slow consumer')
      return
    }
    await broker.endConsumer(end, { connection: options.connection === true })
    const what = options.connection ? 'the connection of consumer' : 'consumer'
    tell(options, `Ended ${what} ${end}.`, { ended: end, connection: options.connection === true })
  })
}
