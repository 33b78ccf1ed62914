/** The unmodified Java client through the port where the first bytes decide, without TLS and with it, and through one for TLS alone. */
import { after } from 'node:test'
import { behaviours } from '../src/behaviours.ts'
import { makeCertificate } from '../src/certificate.ts'
import { startMillrace } from '../src/millrace.ts'
import { javaParty } from '../src/remote.ts'

const certificate = makeCertificate()
const party = await javaParty(6, [
  `-Djavax.net.ssl.trustStore=${certificate.trustStore}`,
  '-Djavax.net.ssl.trustStoreType=PKCS12',
  '-Djavax.net.ssl.trustStorePassword=millrace',
])
after(async () => {
  await party.close()
  certificate.remove()
})

for (const [way, listening, scheme] of [
  ['the port for everything', 'auto', 'tcp'],
  ['the port for everything, inside TLS', 'auto', 'ssl'],
  ['a port for TLS', 'ssl', 'ssl'],
] as const) {
  const broker = await startMillrace({ also: { [listening]: 0 }, certificate })
  after(() => broker.stop())
  const { host } = new URL(broker.also[listening] ?? '')
  behaviours(`${party.name} through ${way}`, async () => ({ party, url: `${scheme}://${host}` }))
}
