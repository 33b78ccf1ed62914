/** What a STOMP client was promised is still true after the broker was killed, and a library that reconnects goes on by itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Client, type IMessage } from '@stomp/stompjs'
import { startMillrace } from '../src/millrace.ts'
import { Inbox } from '../src/stomp/peer.ts'
import { stompjsConfig } from '../src/stomp/stompjs.ts'

describe('stompjs and a Millrace that is killed', () => {
  for (const scheme of ['stomp', 'ws']) {
    it(`reconnects over ${scheme}, and finds everything that was confirmed`, async (t) => {
      const data = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
      let broker = await startMillrace({ data, also: { [scheme]: 0 } })
      t.after(async () => {
        await client.deactivate({ force: true })
        await broker.stop()
        rmSync(data, { recursive: true, force: true, maxRetries: 3 })
      })
      const url = broker.also[scheme] ?? ''
      const [messages, connects, receipts] = [new Inbox<IMessage>(), new Inbox<true>(), new Inbox<string>()]
      const client = new Client({
        ...stompjsConfig(url, ['1.2']),
        reconnectDelay: 50,
        connectHeaders: { 'client-id': 'comes-back' },
        onConnect: () => {
          const durable = { ack: 'client', 'activemq.subscriptionName': 'mine' }
          client.subscribe('/topic/kept', (message) => messages.put(message), { id: 'topic', ...durable })
          client.subscribe('/queue/kept', (message) => messages.put(message), { id: 'queue', ack: 'client' })
          connects.put(true)
        },
        onUnhandledReceipt: (frame) => receipts.put(frame.headers['receipt-id'] ?? ''),
      })
      const send = async (destination: string, body: string): Promise<void> => {
        client.publish({ destination, body, headers: { persistent: 'true', receipt: body } })
        assert.equal(await receipts.take('No receipt'), body)
      }
      client.activate()
      await connects.take('No CONNECTED')
      await send('/queue/kept', 'queue')
      await send('/topic/kept', 'topic')
      const first = [await messages.take(), await messages.take()]
      assert.deepEqual(first.map(({ body }) => body).sort(), ['queue', 'topic'])

      broker.child.process.kill('SIGKILL')
      await broker.child.ended
      broker = await startMillrace({ data, also: { [scheme]: Number(new URL(url).port) } })
      await connects.take('No second CONNECTED')
      // Nothing was acknowledged.
      const again = [await messages.take(), await messages.take()]
      assert.deepEqual(again.map(({ body }) => body).sort(), ['queue', 'topic'])
      for (const message of again) message.ack()
      await send('/queue/kept', 'later')
      assert.equal((await messages.take()).body, 'later')
    })
  }
})
