import { Command } from 'commander'
import { showConsumers } from '../consumer-table.ts'
import { manage, type ManageOptions, withManageOptions } from '../manage.ts'

export function command(): Command {
  const consumers = new Command('consumers')
    .description('Shows who consumes. Millrace only.')
    .argument('[name]', 'queue://NAME, topic://NAME, a pattern, or several with commas')
    .action(run)
  return withManageOptions(consumers)
}

async function run(name: string | undefined, options: ManageOptions): Promise<void> {
  await manage(options, (broker) =>
    showConsumers(options, broker.consumers(name === undefined ? {} : { destination: name }), 'consumer'),
  )
}
