import { MillraceError } from '@millrace/base'

/** What may be answered; anything else is our mistake and goes on. */
export function expected(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  throw error
}
