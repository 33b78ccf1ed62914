import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export interface Issued {
  readonly key: string
  readonly cert: string
}

/** Who signs certificates, for the time of a test. */
export interface Authority {
  readonly cert: string
  /** `subject` as openssl takes it: `/O=Example/CN=orders`. Default: `/CN=` and the name. */
  issue(name: string, subject?: string): Issued
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Null: there is no openssl. */
export function authority(t: TestContext): Authority | null {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ca-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string): string => join(folder, name)
  const run = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  try {
    run('req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=authority', '-keyout', at('ca.key'), '-out', at('ca.pem'))
  } catch {
    return null
  }
  return {
    cert: readFileSync(at('ca.pem'), 'utf8'),
    issue: (name, subject = `/CN=${name}`) => {
      writeFileSync(at('ext'), `subjectAltName=DNS:${name}\n`)
      run('req', ...KEY, '-subj', subject, '-keyout', at('key'), '-out', at('request'))
      const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('ext')]
      run('x509', '-req', '-in', at('request'), ...signed, '-days', '2', '-out', at('cert'))
      return { key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('cert'), 'utf8') }
    },
  }
}
