import { readFileSync } from 'node:fs'
import { MillraceError } from '@millrace/base'
import { type Configuration, parseConfiguration } from '../config/configuration.ts'

/** Throws CONFIGURATION_INVALID, with the name of the file. */
export function readConfiguration(path: string): Configuration {
  try {
    return parseConfiguration(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('CONFIGURATION_INVALID', `${path}: ${reason}`, { cause: error })
  }
}
