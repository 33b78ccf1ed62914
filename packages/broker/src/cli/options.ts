import { InvalidArgumentError, Option } from 'commander'

/** A whole number of at least `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`)
    }
    return value
  }
}

/** An option that may be given many times. */
export function many(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text]
}

/** `name=value`, many times. */
export function pairs(text: string, before: readonly Pair[] | undefined): Pair[] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must look like name=value.')
  return [...(before ?? []), { name: text.slice(0, at), value: text.slice(at + 1) }]
}

export interface Pair {
  readonly name: string
  readonly value: string
}

/** Seconds, fractions allowed, as milliseconds. */
export function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number of seconds above 0.')
  }
  return Math.round(value * 1000)
}

/** What every client command takes. */
export interface ClientOptions {
  readonly broker: string
  readonly user?: string
  readonly password?: string
  readonly clientId?: string
}

export function clientOptions(): Option[] {
  return [
    new Option('--broker <url>', 'the broker: tcp://, ssl://, any OpenWire URL')
      .env('MILLRACE_BROKER')
      .default('tcp://127.0.0.1:61616'),
    new Option('--user <name>', 'user name'),
    new Option('--password <word>', 'password; better in the environment').env('MILLRACE_PASSWORD'),
    new Option('--client-id <id>', 'client id of the connection'),
  ]
}
