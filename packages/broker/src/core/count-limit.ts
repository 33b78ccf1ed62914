import { MillraceError } from '@millrace/base'

/** Throws LIMIT_REACHED where there is no place for one more. */
export function checkCount(count: number, countMax: number, what: string): void {
  if (count < countMax) return
  throw new MillraceError('LIMIT_REACHED', `there are ${count} ${what}, which is the limit`)
}
