import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { Exit, format, report } from './exit.ts'

interface CommandModule {
  command(): Command
}

const commands: readonly (readonly [name: string, summary: string, load: () => Promise<CommandModule>])[] = [
  ['start', 'run a broker', () => import('./commands/start.ts')],
  ['produce', 'send messages', () => import('./commands/produce.ts')],
  ['consume', 'receive messages and print them', () => import('./commands/consume.ts')],
  ['browse', 'look at the messages of a queue without taking them', () => import('./commands/browse.ts')],
  ['password', 'make what an access file keeps of a password', () => import('./commands/password.ts')],
  ['request', 'send a request and print the reply', () => import('./commands/request.ts')],
  ['purge', 'throw the messages of a queue away', () => import('./commands/purge.ts')],
  ['destinations', 'show, make, purge, pause and delete queues and topics', () => import('./commands/destinations.ts')],
  ['subscriptions', 'show, make, look into and delete subscriptions', () => import('./commands/subscriptions.ts')],
  ['consumers', 'show who consumes', () => import('./commands/consumers.ts')],
  ['slow', 'show slow consumers, or end one', () => import('./commands/slow.ts')],
  ['connections', 'show who is connected, or end a connection', () => import('./commands/connections.ts')],
  ['branches', 'show transactions in doubt, or end one', () => import('./commands/branches.ts')],
  ['damaged', 'show stored messages that cannot be read any more', () => import('./commands/damaged.ts')],
  ['retry', 'send dead letters back to where they came from', () => import('./commands/retry.ts')],
  ['store', 'back up, verify, repair, list, export and import journals', () => import('./commands/store.ts')],
  ['perf', 'measure how fast a broker is', () => import('./commands/perf.ts')],
]

/**
 * The program. Each command is one file, loaded only when it is asked for: a broker does not wait for the client's
 * libraries, nor the client for the broker's.
 */
export async function main(args: readonly string[]): Promise<void> {
  process.on('uncaughtException', broken)
  process.on('unhandledRejection', broken)
  // A reader that has seen enough (`millrace consume … | head -1`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? Exit.Ok : Exit.Failure)
  })
  try {
    const program = await programFor(args[0])
    if (args.length === 0) program.help({ error: true })
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? Exit.Ok : Exit.Usage
      return
    }
    const told = report(error)
    process.stderr.write(format(told))
    process.exitCode = told.exit
  }
}

async function programFor(wanted: string | undefined): Promise<Command> {
  const program = new Command('millrace')
    .description('A message broker that unmodified ActiveMQ clients use, and commands for any such broker.')
    .version(version(), '--version', 'print the version')
    .helpCommand(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'millrace: USAGE: ')) })
    .showHelpAfterError('  Run the command with --help.')
    .exitOverride()
  for (const [name, summary, load] of commands) {
    // Only the one that is called gets its options; of the others the list needs one line.
    if (name === wanted) {
      const command = (await load()).command().copyInheritedSettings(program)
      for (const part of command.commands) part.copyInheritedSettings(program)
      program.addCommand(command)
    } else program.command(name).description(summary)
  }
  return program
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}

/** Nobody handled it, so nobody knows what state it left: the journal makes it safe to end here. */
function broken(error: unknown): void {
  const told = report(error)
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`)
  if (told.exit === Exit.Store) {
    process.stderr.write(format(told))
    process.exit(Exit.Store)
  }
  process.stderr.write(
    `millrace: BROKEN: ${told.message}. This is a fault of Millrace, please report it; what was confirmed is safe.\n`,
  )
  process.exit(Exit.Invariant)
}
