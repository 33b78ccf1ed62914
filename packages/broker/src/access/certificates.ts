import { MillraceError } from '@millrace/base'
import type { Principal } from '../core/permission.ts'

/** A user who is known by a certificate. */
export interface CertificateUser {
  /** Of the certificate: `CN=orders,O=Example`, the most special part first, as RFC 4514 writes it. */
  readonly subject: string
  /** Default: the subject. */
  readonly name?: string
  readonly groups?: readonly string[]
}

/** Throws CONFIGURATION_INVALID. */
export function certificateUsersOf(users: readonly CertificateUser[]): ReadonlyMap<string, Principal> {
  if (!Array.isArray(users)) throw invalid('certificates is a list')
  const found = new Map<string, Principal>()
  for (const { subject, name = subject, groups = [] } of users as readonly CertificateUser[]) {
    if (typeof subject !== 'string' || !subject.includes('='))
      throw invalid('a certificate has a subject like CN=orders')
    if (typeof name !== 'string' || name === '') throw invalid(`the name of ${subject} is a text`)
    if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
      throw invalid(`the groups of ${subject} are a list of names`)
    }
    const key = subjectKey(subject)
    if (found.has(key)) throw invalid(`there are two of ${subject}`)
    found.set(key, { name, groups })
  }
  return found
}

/** Without the spaces that people and programs write between the parts. */
export function subjectKey(subject: string): string {
  return subject
    .split(/(?<!\\),/)
    .map((part) => part.trim().replace(/^([^=]*?)\s*=\s*/, '$1='))
    .join(',')
}

function invalid(why: string): MillraceError {
  return new MillraceError('CONFIGURATION_INVALID', `access: ${why}`)
}
