/** What is measured while the brokers run: each row on each broker, with the same client. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { clientLoad } from './client-load.ts'
import { consumeJava, consumeTypeScript } from './consume.ts'
import type { Harness } from './harness.ts'
import { javaLoad } from './java-load.ts'
import { LoadClient } from './load-client.ts'
import { MESSAGE_BYTES, type Measure, rate, type Timing } from './measure.ts'
import { stompEndToEnd, stompPipelined, stompSynchronous } from './stomp-rows.ts'

export interface Row {
  readonly id: string
  readonly title: string
  /** Sends persistent messages to a queue; the best of them is what a broker can do at all. */
  readonly sends: boolean
  /** It goes to the address for that; else to that of OpenWire. */
  readonly stomp?: true
  /** Its client is in Java, which has a process of its own anyway. */
  readonly java?: true
  run(harness: Harness, url: string, destination: string, timing: Timing): Promise<Measure>
}

const producers = (id: string, title: string, plan: object): Row => ({
  id,
  title,
  sends: true,
  java: true,
  run: (harness, url, queue, timing) =>
    javaLoad(harness, url, timing, { row: 'producers', destination: `queue://${queue}`, size: MESSAGE_BYTES, ...plan }),
})

const load = (id: string, title: string, window: number): Row => ({
  id,
  title,
  sends: true,
  run: async (_harness, url, queue, timing) => {
    const client = await LoadClient.open(url)
    try {
      return await rate(timing, (over) => client.send(queue, MESSAGE_BYTES, window, over))
    } finally {
      client.close()
    }
  },
})

const fanOut = (consumers: number): Row => ({
  id: `topic-1-${consumers}`,
  title: `Topic, non-persistent, 1 to ${consumers} (Java)`,
  sends: false,
  java: true,
  run: (harness, url, topic, timing) =>
    javaLoad(harness, url, timing, { row: 'fan-out', destination: `topic://${topic}`, size: MESSAGE_BYTES, consumers }),
})

export const rows: readonly Row[] = [
  producers('sync-1', '1 synchronous producer (Java)', { producers: 1 }),
  producers('sync-16', '16 synchronous producers (Java)', { producers: 16 }),
  producers('sync-64', '64 synchronous producers (Java)', { producers: 64 }),
  load('load-sync-1', '1 synchronous producer (load client)', 1),
  {
    id: 'pipelined',
    title: 'Confirmed, 1000 in flight (TypeScript)',
    sends: true,
    run: (_harness, url, queue, timing) => clientLoad(url, timing, queue, 1000),
  },
  {
    id: 'one-way',
    title: 'One-way (TypeScript)',
    sends: true,
    run: (_harness, url, queue, timing) => clientLoad(url, timing, queue, 0),
  },
  producers('async', 'useAsyncSend (Java)', { producers: 1, async: true }),
  producers('transactions', 'Transactions of 100 (Java)', { producers: 1, batch: 100 }),
  load('load-pipelined', 'Confirmed, 1000 in flight (load client)', 1000),
  load('load-one-way', 'One-way (load client)', 0),
  {
    id: 'end-to-end',
    title: 'End to end, 1 one-way producer, 1 consumer (Java)',
    sends: false,
    java: true,
    run: (harness, url, queue, timing) =>
      javaLoad(harness, url, timing, { row: 'through', destination: `queue://${queue}`, size: MESSAGE_BYTES }),
  },
  {
    id: 'consume',
    title: 'Consuming what waits (TypeScript)',
    sends: false,
    run: (_harness, url, queue, timing) => consumeTypeScript(url, timing, queue),
  },
  {
    id: 'consume-java',
    title: 'Consuming what waits (Java)',
    sends: false,
    java: true,
    run: (harness, url, queue, timing) => consumeJava(harness, url, timing, queue),
  },
  fanOut(1),
  fanOut(10),
  {
    id: 'stomp-sync-64',
    title: 'STOMP: 64 synchronous producers (load client)',
    sends: false,
    stomp: true,
    run: (_harness, url, queue, timing) => stompSynchronous(url, queue, timing, 64),
  },
  {
    id: 'stomp-pipelined',
    title: 'STOMP: receipts, 1000 in flight (load client)',
    sends: false,
    stomp: true,
    run: (_harness, url, queue, timing) => stompPipelined(url, queue, timing, 1000),
  },
  {
    id: 'stomp-one-way',
    title: 'STOMP: one-way (load client)',
    sends: false,
    stomp: true,
    run: (_harness, url, queue, timing) => stompPipelined(url, queue, timing, 0),
  },
  {
    id: 'stomp-end-to-end',
    title: 'STOMP: end to end, 1 producer, 1 consumer (load client)',
    sends: false,
    stomp: true,
    run: (_harness, url, queue, timing) => stompEndToEnd(url, queue, timing),
  },
]

/** One request at a time to a server that only writes, syncs and answers. */
export async function bareLimit(harness: Harness, timing: Timing): Promise<Measure> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const request = Buffer.alloc(MESSAGE_BYTES + 200, 'Millrace ')
  const server = harness.startChild(process.execPath, [
    fileURLToPath(new URL('./bare-limit.js', import.meta.url)),
    directory,
    String(request.length),
  ])
  try {
    const { port } = await server.first()
    const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true })
    await once(socket, 'connect')
    const result = await rate(timing, (over) => {
      let sent = 0
      return new Promise<number>((resolve, reject) => {
        socket.removeAllListeners('data')
        socket.once('error', reject)
        socket.on('data', () => {
          sent++
          if (over()) resolve(sent)
          else socket.write(request)
        })
        socket.write(request)
      })
    })
    socket.destroy()
    return result
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
