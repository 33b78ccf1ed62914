import { MillraceError } from '@millrace/base'
import type { AccessRules } from './access.ts'

/** Reads the text of an access file, which is JSON. `Access` checks what it says. Throws CONFIGURATION_INVALID. */
export function parseAccessRules(text: string): AccessRules {
  try {
    return JSON.parse(text) as AccessRules
  } catch (cause) {
    throw new MillraceError('CONFIGURATION_INVALID', `the access file is not JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
}
