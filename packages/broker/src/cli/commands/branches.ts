import { Command } from 'commander'
import { UsageError } from '../exit.ts'
import { manage, type ManageOptions, show, tell, withManageOptions } from '../manage.ts'
import { timeText } from '../table.ts'

interface BranchesOptions extends ManageOptions {
  readonly commit?: string
  readonly rollback?: string
}

export function command(): Command {
  const branches = new Command('branches')
    .description('Shows prepared branches of distributed transactions that are in doubt, or ends one. Millrace only.')
    .option('--commit <id>', 'commit it in the place of its coordinator')
    .option('--rollback <id>', 'roll it back in the place of its coordinator')
    .action(run)
  return withManageOptions(branches)
}

async function run(options: BranchesOptions): Promise<void> {
  const { commit, rollback } = options
  if (commit !== undefined && rollback !== undefined) throw new UsageError('--commit or --rollback, not both')
  await manage(options, async (broker) => {
    if (commit !== undefined) {
      await broker.commitBranch(commit)
      tell(options, `Committed ${commit}.`, { committed: commit })
    } else if (rollback !== undefined) {
      await broker.rollbackBranch(rollback)
      tell(options, `Rolled ${rollback} back.`, { rolledBack: rollback })
    } else {
      await show(options, broker.branches(), {
        one: 'branch',
        many: 'branches',
        head: ['branch', 'prepared', 'sends', 'acknowledgements', 'destinations'],
        row: (it) => [it.id, timeText(it.preparedMs), it.sends, it.acknowledgements, it.destinations.join(', ')],
      })
    }
  })
}
