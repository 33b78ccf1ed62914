import type { Buffer } from 'node:buffer'

/** What a client may send. */
export const Command = {
  Unknown: 0,
  Connect: 1,
  Send: 2,
  Subscribe: 3,
  Unsubscribe: 4,
  Ack: 5,
  Nack: 6,
  Begin: 7,
  Commit: 8,
  Abort: 9,
  Disconnect: 10,
} as const
export type Command = (typeof Command)[keyof typeof Command]

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['CONNECT', Command.Connect],
  ['STOMP', Command.Connect],
  ['SEND', Command.Send],
  ['SUBSCRIBE', Command.Subscribe],
  ['UNSUBSCRIBE', Command.Unsubscribe],
  ['ACK', Command.Ack],
  ['NACK', Command.Nack],
  ['BEGIN', Command.Begin],
  ['COMMIT', Command.Commit],
  ['ABORT', Command.Abort],
  ['DISCONNECT', Command.Disconnect],
])

/** Case matters. Old clients shorten two of them, which the model understands. */
export function commandOf(bytes: Buffer, start: number, end: number): Command {
  // Nearly every frame of a busy connection is one of these two.
  if (end - start === 4 && is(bytes, start, 'SEND')) return Command.Send
  if (end - start === 3 && is(bytes, start, 'ACK')) return Command.Ack
  const text = bytes.toString('latin1', start, end)
  const command = COMMANDS.get(text)
  if (command !== undefined) return command
  if (text.startsWith('SUB')) return Command.Subscribe
  return text.startsWith('UNSUB') ? Command.Unsubscribe : Command.Unknown
}

function is(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}
