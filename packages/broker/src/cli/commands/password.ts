import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { UsageError } from '../exit.ts'

export function command(): Command {
  return new Command('password')
    .description('Reads a password from stdin and prints what an access file keeps of it (see docs/access.md).')
    .allowExcessArguments(false)
    .action(print)
}

/** Not as an argument: those are seen by every user of the machine. */
async function print(): Promise<void> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (password === '') throw new UsageError('no password came from stdin')
  const { hashPassword } = await import('../../index.ts')
  process.stdout.write(`${await hashPassword(password)}\n`)
}
