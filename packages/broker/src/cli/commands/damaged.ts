import { Command } from 'commander'
import { manage, type ManageOptions, show, withManageOptions } from '../manage.ts'
import { timeText } from '../table.ts'

export function command(): Command {
  const damaged = new Command('damaged')
    .description('Shows stored messages that cannot be read any more and are not delivered. Millrace only.')
    .action(run)
  return withManageOptions(damaged)
}

async function run(options: ManageOptions): Promise<void> {
  await manage(options, async (broker) => {
    await show(options, broker.damaged(), {
      one: 'damaged message',
      head: ['queue', 'where', 'found'],
      row: (it) => [it.queue, it.where, timeText(it.foundMs)],
    })
  })
}
