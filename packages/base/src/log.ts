export type LogFields = Readonly<Record<string, unknown>>

/** What Millrace needs of a logger. Libraries are silent by default; the program passes pino. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  /** Look today. */
  warn(fields: LogFields, message: string): void
  /** Something was lost or refused. */
  error(fields: LogFields, message: string): void
}

const nothing = (): void => {}

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
