/** The unmodified Java client through the port where the first bytes decide, without TLS and with it, and through one for TLS alone. */
import { after } from 'node:test'
import { behaviours } from '../src/behaviours.ts'
import { makeCertificate } from '../src/certificate.ts'
import { startMillrace } from '../src/millrace.ts'
import { javaParty } from '../src/remote.ts'

const certificate = makeCertificate()
const broker = await startMillrace({ also: { auto: 0, ssl: 0 }, certificate })
const trust = [
  `-Djavax.net.ssl.trustStore=${certificate.trustStore}`,
  '-Djavax.net.ssl.trustStoreType=PKCS12',
  '-Djavax.net.ssl.trustStorePassword=millrace',
]
const party = await javaParty(6, trust)
after(async () => {
  await party.close()
  await broker.stop()
  certificate.remove()
})

const { auto = '', ssl = '' } = broker.also
for (const url of [auto.replace('auto:', 'tcp:'), auto.replace('auto:', 'ssl:'), ssl]) {
  const way = `${url === ssl ? 'a port for TLS' : 'the port for everything'}, ${url.startsWith('ssl') ? 'inside TLS' : 'plain'}`
  behaviours(`${party.name} through ${way}`, async () => ({ party, url }))
}
