/** Java programs that speak STOMP: with ActiveMQ's own class for it, over TCP and TLS, and with the WebSocket of Java itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificate } from '../src/certificate.ts'
import { startChild } from '../src/child.ts'
import { javaArguments } from '../src/java.ts'
import { startMillrace } from '../src/millrace.ts'

test('Java programs speak STOMP over TCP, TLS and WebSockets', async (t) => {
  const certificate = makeCertificate()
  t.after(() => certificate.remove())
  const broker = await startMillrace({ also: { auto: 0, 'stomp+ssl': 0, ws: 0 }, certificate })
  t.after(() => broker.stop())
  const { auto = '', 'stomp+ssl': tls = '', ws = '' } = broker.also
  const child = startChild('java', [
    ...(await javaArguments('broker6', 'StompJava', [
      '-Xmx256M',
      `-Djavax.net.ssl.trustStore=${certificate.trustStore}`,
      '-Djavax.net.ssl.trustStoreType=PKCS12',
      '-Djavax.net.ssl.trustStorePassword=millrace',
    ])),
    '127.0.0.1',
    new URL(auto).port,
    new URL(tls).port,
    ws,
  ])
  const outcomes: unknown[] = []
  child.onLine((line) => outcomes.push(line))
  await child.ended
  const names = ['StompConnection over TCP', 'StompConnection over TLS', 'WebSocket with text', 'WebSocket with bytes']
  assert.deepEqual(
    outcomes,
    names.map((name) => ({ test: name, passed: true })),
    child.said(),
  )
})
