import { Command } from 'commander'
import { manage, type ManageOptions, show, tell, withManageOptions } from '../manage.ts'

interface ConnectionsOptions extends ManageOptions {
  readonly end?: string
}

export function command(): Command {
  const connections = new Command('connections')
    .description('Shows who is connected, or ends one connection. Millrace only.')
    .option('--end <connection>', 'end this one')
    .action(run)
  return withManageOptions(connections)
}

async function run(options: ConnectionsOptions): Promise<void> {
  const { end } = options
  await manage(options, async (broker) => {
    if (end === undefined) {
      await show(options, broker.connections(), {
        one: 'connection',
        head: ['connection', 'client id', 'user', 'from', 'producers', 'consumers', 'transactions', 'waiting sends'],
        row: (it) => [
          it.connection,
          it.clientId,
          it.user,
          it.address,
          it.producers,
          it.consumers,
          it.transactions,
          it.waitingSends,
        ],
      })
      return
    }
    await broker.endConnection(end)
    tell(options, `Ended connection ${end}.`, { ended: end })
  })
}
