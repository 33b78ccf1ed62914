import { type LogFields, type Logger, systemClock } from '@millrace/base'

export const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type Level = (typeof levels)[number]

/** Lines for people, on stderr. */
export function textLogger(level: Level): Logger {
  const at = (own: Level): ((fields: LogFields, message: string) => void) => {
    if (levels.indexOf(own) < levels.indexOf(level)) return () => {}
    return (fields, message) => {
      const details = Object.entries(fields).map(([name, value]) => ` ${name}=${textOf(value)}`)
      process.stderr.write(
        `${new Date(systemClock.now()).toISOString()} ${own.padEnd(5)} ${message}${details.join('')}\n`,
      )
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Lines for machines, on stderr. Written at once: what was logged before the end must be there after it. */
export async function jsonLogger(level: Level): Promise<Logger> {
  const { pino } = await import('pino')
  const log: Logger = pino({ level }, pino.destination({ dest: 2, sync: true }))
  return log
}

function textOf(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message)
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value
  return JSON.stringify(value) ?? String(value)
}
