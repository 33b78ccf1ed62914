import { type Code, CODES } from '@millrace/base'

/** What the program ends with; `docs/cli.md` lists them. */
export const Exit = { Ok: 0, Failure: 1, Usage: 2, Store: 3, InUse: 4, Invariant: 70 } as const
export type Exit = (typeof Exit)[keyof typeof Exit]

const exits: Readonly<Partial<Record<Code, Exit>>> = {
  ADDRESS_INVALID: Exit.Usage,
  CONFIGURATION_INVALID: Exit.Usage,
  SELECTOR_INVALID: Exit.Usage,
  DESTINATION_INVALID: Exit.Usage,
  STORE_FAILED: Exit.Store,
  STORE_FULL: Exit.Store,
  STORE_DAMAGED: Exit.Store,
  STORE_VERSION: Exit.Store,
  STORE_LOCKED: Exit.InUse,
  ADDRESS_IN_USE: Exit.InUse,
}

const advice: Readonly<Partial<Record<Code, string>>> = {
  ADDRESS_INVALID: 'Use an address like openwire://127.0.0.1:61616.',
  ADDRESS_IN_USE: 'Stop the other program, or choose another port with --listen; port 0 takes a free one.',
  CONFIGURATION_INVALID: 'Run the command with --help to see what it takes.',
  STORE_FAILED: 'Look at the disk, then start again: recovery keeps everything that was confirmed.',
  STORE_FULL: 'Free space on the disk, or name another directory with --data; nothing confirmed is lost.',
  STORE_DAMAGED:
    'Nothing was changed. Restore the named file from a copy, or save the rest with `millrace store repair`.',
  STORE_VERSION: 'Nothing was changed. Run the version that wrote it, or name another directory with --data.',
  STORE_LOCKED: 'Stop the other broker, or give this one another directory with --data.',
  SELECTOR_INVALID: 'Correct the selector; quote it so that the shell leaves it alone.',
  DESTINATION_INVALID: 'Write a destination as queue://NAME or topic://NAME.',
  CLIENT_ID_IN_USE: 'Choose another --client-id, or stop the other client.',
  CLIENT_ID_MISSING: 'Add --client-id NAME.',
}

/** The client's words for what the closed list calls otherwise. */
const aliases: Readonly<Record<string, Code>> = {
  CONFIGURATION: 'CONFIGURATION_INVALID',
  INVALID_SELECTOR: 'SELECTOR_INVALID',
  INVALID_DESTINATION: 'DESTINATION_INVALID',
  INVALID_CLIENT_ID: 'CLIENT_ID_IN_USE',
  SECURITY: 'NOT_AUTHORIZED',
  '41300': 'MESSAGE_TOO_LARGE',
}

/** What is not in the closed list of codes, but has an advice all the same. */
const systemAdvice: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'No broker listens there. Start one with `millrace start`, or name another with --broker.',
  ENOTFOUND: 'There is no host of this name; look at --broker.',
  CONNECTION_FAILED:
    'The broker ended or closed the connection. What it had not confirmed may or may not have happened.',
  ETIMEDOUT: 'Nothing answered; look at --broker and the network.',
  ENOENT: 'There is no such file or directory.',
  EACCES: 'This user may not do that.',
}

/** A wrong option or value: told by the command itself, before anything has happened. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

export interface Report {
  readonly code: string
  readonly message: string
  readonly advice: string | null
  readonly more: string | null
  readonly exit: Exit
}

/** What the user is told about an error: the nearest code in its chain of causes, the outermost sentence. */
export function report(error: unknown): Report {
  const sentence = error instanceof Error ? sentenceOf(error) : String(error)
  if (error instanceof UsageError) {
    return { code: 'USAGE', message: sentence, advice: 'Run the command with --help.', more: null, exit: Exit.Usage }
  }
  let system: string | null = null
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 16; cause = cause.cause, depth++) {
    if (cause.name === 'InvariantError') {
      const told = 'This is a fault of Millrace, please report it; what was confirmed is safe.'
      return { code: 'INVARIANT', message: cause.message, advice: told, more: null, exit: Exit.Invariant }
    }
    const own: unknown = 'code' in cause ? cause.code : undefined
    if (typeof own !== 'string') continue
    const code = Object.hasOwn(aliases, own) ? (aliases[own] as Code) : own
    if (isCode(code)) {
      const more = `docs/errors.md#${code.toLowerCase()}`
      return { code, message: sentence, advice: advice[code] ?? null, more, exit: exits[code] ?? Exit.Failure }
    }
    system ??= code
    if (code in systemAdvice) system = code
  }
  if (system !== null) {
    return { code: system, message: sentence, advice: systemAdvice[system] ?? null, more: null, exit: Exit.Failure }
  }
  const name = error instanceof Error ? error.name : 'Error'
  return { code: name, message: sentence, advice: null, more: null, exit: Exit.Failure }
}

/** The report as it stands on stderr. */
export function format(told: Report): string {
  const lines = [`millrace: ${told.code}: ${told.message}`]
  if (told.advice !== null) lines.push(`  ${told.advice}`)
  if (told.more !== null) lines.push(`  ${told.more}`)
  return `${lines.join('\n')}\n`
}

function isCode(code: string): code is Code {
  return (CODES as readonly string[]).includes(code)
}

/** A refused connection to a name with several addresses is an error without words of its own. */
function sentenceOf(error: Error): string {
  if (error.message !== '') return error.message
  const parts = error instanceof AggregateError ? error.errors : [error.cause]
  const first: unknown = parts[0]
  return first instanceof Error ? sentenceOf(first) : error.name
}
