import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stompBroker, VERSIONS } from './stomp-broker.ts'

for (const version of VERSIONS) {
  // stompit ended its user's process at one with text/plain and a content-length.
  test(`${version}: an ERROR says why in a header and in its body, with the headers of the model`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    const { headers, body } = await client.fail('SEND', { destination: '/quue/A' })
    assert.deepEqual(Object.keys(headers).sort(), ['code', 'content-type', 'message', 'receipt-id'])
    assert.equal(headers['content-type'], 'text/plain')
    assert.equal(body.toString(), headers['message'])
    await client.leave()
  })
}
