import { Command } from 'commander'
import { manage, type ManageOptions, tell, withManageOptions } from '../manage.ts'
import { whole } from '../options.ts'
import { counted } from '../table.ts'

interface RetryOptions extends ManageOptions {
  readonly message?: string
  readonly selector?: string
  readonly limit?: number
  readonly to?: string
}

export function command(): Command {
  const retry = new Command('retry')
    .description('Sends dead letters back to where they came from, in one transaction. Millrace only.')
    .argument('[queue]', 'the dead letter queue; queue://ActiveMQ.DLQ when absent')
    .option('--message <id>', 'only the one with this message id')
    .option('--selector <sql>', 'only letters that match; where one came from is JMSDestination')
    .option('--limit <number>', 'at most so many', whole(1))
    .option('--to <destination>', 'send them there instead')
    .action(run)
  return withManageOptions(retry)
}

async function run(queue: string | undefined, options: RetryOptions): Promise<void> {
  await manage(options, async (broker) => {
    const outcome = await broker.retryDeadLetters({
      ...(queue === undefined ? {} : { queue }),
      ...(options.message === undefined ? {} : { messageId: options.message }),
      ...(options.selector === undefined ? {} : { selector: options.selector }),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      ...(options.to === undefined ? {} : { to: options.to }),
    })
    const kept = outcome.kept === 0 ? '' : ` ${outcome.kept} stay: they do not say where they came from.`
    const more = outcome.more ? ' There may be more: run it again.' : ''
    tell(options, `Sent ${counted(outcome.count, 'letter')} back.${kept}${more}`, outcome)
  })
}
