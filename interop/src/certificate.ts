/** A certificate for this machine's loopback address, made by the system's openssl, as files in the forms that clients want. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  /** PEM. */
  readonly keyFile: string
  /** PEM; who trusts it needs nothing else. */
  readonly certFile: string
  /** The same to trust, for Java: PKCS12 with the password `millrace`. */
  readonly trustStore: string
  /** Removes the files. */
  remove(): void
}

export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-interop-cert-'))
  const [keyFile, certFile, trustStore] = ['key.pem', 'cert.pem', 'trust.p12'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', [...request, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  const trust = ['-importcert', '-noprompt', '-alias', 'broker', '-storetype', 'PKCS12', '-storepass', 'millrace']
  execFileSync('keytool', [...trust, '-file', certFile, '-keystore', trustStore], { stdio: 'ignore' })
  return { keyFile, certFile, trustStore, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
