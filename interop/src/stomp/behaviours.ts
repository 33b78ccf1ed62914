/**
 * One list of what a STOMP client can expect of a broker. Every library runs it, in each version that it speaks, on Millrace and on
 * the model. Nothing here waits for a time to pass: that a message does not come is shown by a later one, or by an answer.
 */
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { after, before, describe } from 'node:test'
import { nativeParty } from '../native.ts'
import type { Party, PartyConnection } from '../party.ts'
import { type StompSubject, stompTest } from './behaviour-test.ts'
import { StompError, StompPeer, type StompSubscription } from './peer.ts'
import type { ConnectOptions, StompFrame, StompParty, StompVersion } from './wire.ts'

export interface StompPair {
  readonly party: StompParty
  readonly version: StompVersion
  /** Where the library connects to. */
  readonly url: string
  /** Where an OpenWire client does. */
  readonly openWire: string
  readonly subject: StompSubject
}

let runs = 0

export function stompBehaviours({ party, version, url, openWire, subject }: StompPair): void {
  const test = stompTest(subject, party, version)
  describe(`${party.name}, STOMP ${version}, on ${subject.name}`, () => {
    const run = ++runs
    let destinations = 0
    let clients = 0
    let client: Party
    const peers: StompPeer[] = []
    const connections: PartyConnection[] = []

    before(() => {
      client = nativeParty()
    })

    after(async () => {
      for (const peer of peers) await peer.drop()
      for (const connection of connections) await connection.close().catch(() => {})
      await client.close()
    })

    const fresh = (kind = 'queue'): string => `/${kind}/stomp.${process.pid}.${run}.${++destinations}`
    const clientId = (): string => `stomp-${process.pid}-${run}-${++clients}`

    async function connect(options: Omit<ConnectOptions, 'version'> = {}): Promise<StompPeer> {
      const peer = await StompPeer.connect(party, url, { ...options, version })
      peers.push(peer)
      return peer
    }

    /** From a connection of its own, which is closed when they are confirmed. */
    async function send(destination: string, ...bodies: string[]): Promise<void> {
      const peer = await connect()
      for (const body of bodies) await peer.send(destination, body)
      await peer.disconnect()
    }

    async function jms(): Promise<PartyConnection> {
      const connection = await client.connect(openWire)
      connections.push(connection)
      await connection.start()
      return connection
    }

    const refused = (error: unknown): boolean => error instanceof StompError && error.frame?.command === 'ERROR'
    /** 1.0 has neither NACK nor a browser, and no escapes. */
    const newer = version !== '1.0'

    test('the version that is asked for is agreed on, with a session', async () => {
      const { connected } = await connect()
      assert.equal(connected['version'], version)
      assert.notEqual(connected['session'] ?? '', '')
    })

    test('a queue hands over what it was given, in order, once', async () => {
      const queue = fresh()
      const peer = await connect()
      const bodies = Array.from({ length: 100 }, (_, i) => `message ${i}`)
      for (const body of bodies) await peer.send(queue, body)
      const subscription = await peer.subscribe(queue)
      assert.deepEqual(await subscription.texts(100), bodies)
      await peer.nothing(subscription)
      await peer.disconnect()
      const other = await connect()
      await other.nothing(await other.subscribe(queue))
    })

    test('texts of all alphabets arrive as they were sent', async () => {
      const queue = fresh()
      const peer = await connect()
      const subscription = await peer.subscribe(queue)
      for (const body of ['', 'Grüße', 'привет', '你好', '\u{1f980}\n\r\n:\\'.repeat(50)]) {
        await peer.send(queue, body)
        assert.equal((await subscription.next()).body.toString(), body)
      }
    })

    test('bytes of every value arrive as they were sent', async () => {
      const queue = fresh()
      const peer = await connect()
      const body = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256))
      await peer.send(queue, body, { 'content-type': 'application/octet-stream' })
      const message = await (await peer.subscribe(queue)).next()
      assert.deepEqual(message.body, body)
      assert.equal(message.headers['content-type'], 'application/octet-stream')
    })

    test('a message of a megabyte arrives whole', async () => {
      const queue = fresh()
      const peer = await connect()
      const body = Buffer.alloc(1024 * 1024, '0123456789')
      await peer.send(queue, body)
      const message = await (await peer.subscribe(queue)).next()
      assert.ok(message.body.equals(body))
    })

    test('the headers of a message come along, and those that it has none of do not', async () => {
      const queue = fresh()
      const peer = await connect()
      const headers = {
        'correlation-id': 'c-1',
        'reply-to': '/queue/answers',
        type: 'greeting',
        priority: '7',
        persistent: 'true',
        expires: String(Date.now() + 600_000),
        colour: 'red',
      }
      await peer.send(queue, 'text', headers)
      const { headers: got } = await (await peer.subscribe(queue)).next()
      for (const [name, value] of Object.entries(headers)) assert.equal(got[name], value, name)
      assert.equal(got['destination'], queue)
      assert.match(got['message-id'] ?? '', /./)
      assert.match(got['timestamp'] ?? '', /^\d{13}$/)
      assert.equal(got['redelivered'] ?? 'false', 'false')
      assert.equal(got['receipt'], undefined)
    })

    test('headers with colons, ends of line and backslashes arrive as they were sent', async () => {
      const queue = fresh()
      const peer = await connect()
      const value = newer ? 'a:b\nc\\d' : 'a:b'
      await peer.send(queue, 'text', { own: value })
      const { headers } = await (await peer.subscribe(queue)).next()
      assert.equal(headers['own'], value)
    })

    test('what is sent to a topic goes to each that listens, and to nobody afterwards', async () => {
      const topic = fresh('topic')
      const peer = await connect()
      await peer.send(topic, 'too early')
      const subscriptions = [await peer.subscribe(topic), await (await connect()).subscribe(topic)]
      await peer.send(topic, 'a')
      await peer.send(topic, 'b')
      // 1.0 names no subscription, so that libraries may give the messages of several to one.
      for (const subscription of subscriptions) assert.deepEqual(await subscription.texts(2), ['a', 'b'])
    })

    test('two subscriptions of a connection get what is theirs', async () => {
      const [a, b] = [fresh(), fresh()]
      const peer = await connect()
      const [ofA, ofB] = [await peer.subscribe(a), await peer.subscribe(b)]
      await peer.send(a, 'to a')
      await peer.send(b, 'to b')
      assert.deepEqual([await ofA.texts(1), await ofB.texts(1)], [['to a'], ['to b']])
    })

    test('a subscription that is given up gets nothing more', async () => {
      const queue = fresh()
      const peer = await connect()
      const subscription = await peer.subscribe(queue)
      await peer.send(queue, 'a')
      assert.deepEqual(await subscription.texts(1), ['a'])
      await peer.unsubscribe(subscription)
      await peer.send(queue, 'b')
      assert.deepEqual(await (await (await connect()).subscribe(queue)).texts(1), ['b'])
      await peer.nothing(subscription)
    })

    test('`client`: an acknowledgement covers what came before, and the rest comes again, marked', async () => {
      const queue = fresh()
      await send(queue, 'a', 'b', 'c')
      const peer = await connect()
      const subscription = await peer.subscribe(queue, { ack: 'client' })
      await subscription.next()
      await peer.ack(await subscription.next())
      assert.equal((await subscription.next()).headers['redelivered'] ?? 'false', 'false')
      await peer.drop()
      const again = await (await (await connect()).subscribe(queue)).next()
      assert.equal(again.body.toString(), 'c')
      assert.equal(again.headers['redelivered'], 'true')
    })

    test('`client-individual`: an acknowledgement covers one message', async () => {
      const queue = fresh()
      await send(queue, 'a', 'b', 'c')
      const peer = await connect()
      const subscription = await peer.subscribe(queue, { ack: 'client-individual' })
      const [, second] = [await subscription.next(), await subscription.next(), await subscription.next()]
      await peer.ack(second)
      await peer.drop()
      assert.deepEqual(await (await (await connect()).subscribe(queue)).texts(2), ['a', 'c'])
    })

    test('a message that is refused becomes a dead letter', async () => {
      if (!newer) return
      const queue = fresh()
      const peer = await connect()
      await peer.send(queue, 'bad', { persistent: 'true', mark: queue })
      const subscription = await peer.subscribe(queue, { ack: 'client' })
      await peer.nack(await subscription.next())
      const dead = await (await connect()).subscribe('/queue/ActiveMQ.DLQ', { selector: `mark = '${queue}'` })
      const letter = await dead.next()
      assert.equal(letter.body.toString(), 'bad')
      assert.equal(letter.headers['original-destination'], queue)
    })

    test('an acknowledgement of a message that nobody was given is answered with ERROR', async () => {
      const queue = fresh()
      await send(queue, 'a')
      const peer = await connect()
      const subscription = await peer.subscribe(queue, { ack: 'client' })
      const message = await subscription.next()
      await peer.ack(message)
      await assert.rejects(peer.ack(message), refused)
    })

    test('after an ERROR the connection goes on', async () => {
      const queue = fresh()
      const peer = await connect()
      await assert.rejects(peer.subscribe(fresh(), { selector: 'no = selector = at all' }), refused)
      await peer.send(queue, 'a')
      assert.deepEqual(await (await peer.subscribe(queue)).texts(1), ['a'])
    })

    test('a selector that is none is answered with ERROR', async () => {
      const peer = await connect()
      // Without a receipt of its own the ERROR may come behind the next one.
      const answer = peer
        .subscribe(fresh(), { selector: 'no = selector = at all' })
        .then(() => peer.errors.take('No ERROR'))
      await answer.then(
        ({ command }) => assert.equal(command, 'ERROR'),
        (error: unknown) => assert.ok(refused(error)),
      )
    })

    test('a destination that says no kind is a queue', async () => {
      const [peer, queue] = [await connect(), fresh()]
      await peer.send(queue.replace('/queue/', ''), 'a')
      assert.deepEqual(await (await peer.subscribe(queue)).texts(1), ['a'])
    })

    test('a destination of a kind that there is none of is answered with ERROR', async () => {
      const peer = await connect()
      await assert.rejects(peer.send('/quue/a', 'a'), refused)
    })

    test('what is sent in a transaction is seen when it is committed, and never when it is not', async () => {
      const queue = fresh()
      const peer = await connect()
      const other = await connect()
      const subscription = await other.subscribe(queue)
      const first = await peer.begin()
      await peer.send(queue, 'a', { transaction: first })
      await peer.send(queue, 'b', { transaction: first })
      await other.nothing(subscription)
      await peer.commit(first)
      assert.deepEqual(await subscription.texts(2), ['a', 'b'])
      const second = await peer.begin()
      await peer.send(queue, 'never', { transaction: second })
      await peer.abort(second)
      await peer.send(queue, 'last')
      assert.deepEqual(await subscription.texts(1), ['last'])
    })

    test('an acknowledgement in a transaction counts when it is committed', async () => {
      const queue = fresh()
      await send(queue, 'a', 'b')
      const peer = await connect()
      const subscription = await peer.subscribe(queue, { ack: 'client-individual' })
      const [a, b] = [await subscription.next(), await subscription.next()]
      const kept = await peer.begin()
      await peer.ack(a, { transaction: kept })
      await peer.commit(kept)
      const given = await peer.begin()
      await peer.ack(b, { transaction: given })
      await peer.abort(given)
      await peer.drop()
      const next = await connect()
      const again = await next.subscribe(queue)
      assert.deepEqual(await again.texts(1), ['b'])
      await next.nothing(again)
    })

    test('a transaction that nobody has begun is answered with ERROR', async () => {
      const peer = await connect()
      await assert.rejects(peer.send(fresh(), 'a', { transaction: 'unknown' }), refused)
    })

    test('a transaction ends with its connection', async () => {
      const queue = fresh()
      const peer = await connect()
      await peer.send(queue, 'never', { transaction: await peer.begin() })
      await peer.drop()
      await send(queue, 'last')
      assert.deepEqual(await (await (await connect()).subscribe(queue)).texts(1), ['last'])
    })

    test('a selector compares properties as texts and as numbers', async () => {
      const queue = fresh()
      const peer = await connect()
      for (let i = 0; i < 6; i++)
        await peer.send(queue, String(i), { number: String(i), colour: i % 2 ? 'blue' : 'red' })
      const red = await peer.subscribe(queue, { selector: "colour = 'red' AND number > 1" })
      assert.deepEqual(await red.texts(2), ['2', '4'])
      await peer.unsubscribe(red)
      assert.deepEqual(await (await peer.subscribe(queue)).texts(4), ['0', '1', '3', '5'])
    })

    test('a durable subscription gets what was sent while nobody was there, until it is given up', async () => {
      const topic = fresh('topic')
      const id = clientId()
      const durable = { 'activemq.subscriptionName': 'mine' }
      const begin = async (): Promise<[StompPeer, StompSubscription]> => {
        const peer = await connect({ headers: { 'client-id': id } })
        return [peer, await peer.subscribe(topic, { id: 'mine', ack: 'client', ...durable })]
      }
      const [first] = await begin()
      await first.disconnect()
      const sender = await connect()
      await sender.send(topic, 'while away', { persistent: 'true' })
      const [second, subscription] = await begin()
      const message = await subscription.next()
      assert.equal(message.body.toString(), 'while away')
      await second.ack(message)
      await second.unsubscribe(subscription)
      // The model wants the name when it is nobody's subscription any more.
      await second.unsubscribe(subscription, { ...durable })
      await second.disconnect()
      await sender.send(topic, 'too late', { persistent: 'true' })
      const [third, anew] = await begin()
      await third.nothing(anew)
    })

    test('a client id is for one connection at a time', async () => {
      const headers = { 'client-id': clientId() }
      const first = await connect({ headers })
      await assert.rejects(connect({ headers }), StompError)
      await first.send(fresh(), 'still there')
    })

    test('an answer goes to a temporary queue of who asked', async () => {
      const queue = fresh()
      const [asking, answering] = [await connect(), await connect()]
      const answers = await asking.subscribe('/temp-queue/answers')
      const requests = await answering.subscribe(queue)
      await asking.send(queue, 'question', { 'reply-to': '/temp-queue/answers', 'correlation-id': '1' })
      const { headers } = await requests.next()
      await answering.send(headers['reply-to'] ?? '', 'answer', { 'correlation-id': headers['correlation-id'] ?? '' })
      const answer = await answers.next()
      assert.equal(answer.body.toString(), 'answer')
      assert.equal(answer.headers['correlation-id'], '1')
    })

    test('nobody is given more than `activemq.prefetchSize` before it acknowledges', async () => {
      const queue = fresh()
      await send(queue, 'a', 'b', 'c')
      const options = { ack: 'client', 'activemq.prefetchSize': '1' }
      const one = await connect()
      const first = await one.subscribe(queue, options)
      const a = await first.next()
      const second = await (await connect()).subscribe(queue, options)
      assert.deepEqual([a.body.toString(), await second.texts(1)], ['a', ['b']])
      await one.nothing(first)
      await one.ack(a)
      assert.deepEqual(await first.texts(1), ['c'])
    })

    test('a browser sees what there is, takes nothing, and is told the end', async () => {
      if (!newer) return
      const queue = fresh()
      await send(queue, 'a', 'b')
      const peer = await connect()
      const browser = await peer.subscribe(queue, { browser: 'true' })
      assert.deepEqual(await browser.texts(2), ['a', 'b'])
      assert.equal((await browser.next()).headers['browser'], 'end')
      await peer.unsubscribe(browser)
      assert.deepEqual(await (await peer.subscribe(queue)).texts(2), ['a', 'b'])
    })

    test('messages of a group go to one consumer', async () => {
      const queue = fresh()
      const [one, two] = [await connect(), await connect()]
      const subscriptions = [await one.subscribe(queue), await two.subscribe(queue)]
      const sender = await connect()
      for (let i = 0; i < 10; i++) await sender.send(queue, String(i), { JMSXGroupID: 'g' })
      const first = await Promise.race(subscriptions.map(async (of) => [of, await of.next()] as const))
      const [owner] = first
      assert.deepEqual(await owner.texts(9), ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
    })

    test('one message goes to several destinations', async () => {
      const [a, b] = [fresh(), fresh('topic')]
      const peer = await connect()
      const subscriptions = [await peer.subscribe(a), await peer.subscribe(b)]
      await peer.send(`${a},${b}`, 'both')
      for (const subscription of subscriptions) assert.deepEqual(await subscription.texts(1), ['both'])
    })

    test('a pattern gets from all the destinations that match', async () => {
      const base = fresh()
      const peer = await connect()
      const subscription = await peer.subscribe(`${base}.*.x`)
      await peer.send(`${base}.a.x`, 'one')
      await peer.send(`${base}.b.x`, 'two')
      await peer.send(`${base}.a.y`, 'other')
      const got: StompFrame[] = [await subscription.next(), await subscription.next()]
      assert.deepEqual(got.map(({ headers }) => headers['destination']).sort(), [`${base}.a.x`, `${base}.b.x`])
      await peer.nothing(subscription)
    })

    test('an exclusive consumer gets everything until it goes', async () => {
      const queue = fresh()
      const [one, two] = [await connect(), await connect()]
      const exclusive = await one.subscribe(queue, { 'activemq.exclusive': 'true' })
      const other = await two.subscribe(queue)
      await send(queue, 'a', 'b')
      assert.deepEqual(await exclusive.texts(2), ['a', 'b'])
      await one.disconnect()
      await send(queue, 'c')
      assert.deepEqual(await other.texts(1), ['c'])
    })

    test('what is delayed comes after what was sent later', async () => {
      const queue = fresh()
      const peer = await connect()
      const subscription = await peer.subscribe(queue)
      await peer.send(queue, 'delayed', { AMQ_SCHEDULED_DELAY: '1000' })
      await peer.send(queue, 'at once')
      assert.deepEqual(await subscription.texts(2), ['at once', 'delayed'])
    })

    test('heart-beats are agreed on, and come', async () => {
      if (!newer) return
      const peer = await connect({ heartBeat: [1000, 1000] })
      assert.match(peer.connected['heart-beat'] ?? '', /^[1-9]\d*,[1-9]\d*$/)
      for (let i = 0; i < 2; i++) await peer.beats.take('No heart-beat')
      await peer.send(fresh(), 'still there')
    })

    test('a Java client and a STOMP client read each other, text and bytes', async () => {
      const queue = fresh()
      const name = queue.replace('/queue/', 'queue://')
      const peer = await connect()
      const session = await (await jms()).session()
      const consumer = await session.consumer(name)
      await peer.send(queue, 'Grüße', { 'amq-msg-type': 'text', colour: 'red', 'correlation-id': 'c' })
      const text = await consumer.receive()
      assert.deepEqual([text.kind, text.body, text.headers.correlationId], ['text', 'Grüße', 'c'])
      assert.deepEqual(text.properties['colour'], { type: 'string', value: 'red' })
      await peer.send(queue, Buffer.from([0, 1, 255]), { 'amq-msg-type': 'bytes' })
      const bytes = await consumer.receive()
      assert.deepEqual([bytes.kind, bytes.body], ['bytes', '0001ff'])
      await consumer.close()
      const producer = await session.producer(name)
      const subscription = await peer.subscribe(queue)
      await producer.send({ kind: 'text', body: 'hello', properties: { number: { type: 'int', value: 3 } } })
      const [hello] = [await subscription.next()]
      assert.deepEqual([hello?.body.toString(), String(hello?.headers['number'])], ['hello', '3'])
      assert.equal(hello?.headers['content-length'], undefined)
      await producer.send({ kind: 'bytes', body: '00ff' })
      const raw = await subscription.next()
      assert.deepEqual([raw.body.toString('hex'), String(raw.headers['content-length'])], ['00ff', '2'])
    })

    test('a map comes as JSON to who asks for it', async () => {
      const queue = fresh()
      const session = await (await jms()).session()
      const producer = await session.producer(queue.replace('/queue/', 'queue://'))
      await producer.send({
        kind: 'map',
        body: { name: { type: 'string', value: 'Ada' }, age: { type: 'int', value: 36 } },
      })
      const message = await (await (await connect()).subscribe(queue, { transformation: 'jms-map-json' })).next()
      const { map } = JSON.parse(message.body.toString()) as { map: { entry: unknown } }
      assert.ok(map.entry !== undefined)
      assert.match(message.body.toString(), /Ada/)
    })

    test('a goodbye is answered, and everything before it was done', async () => {
      const queue = fresh()
      const peer = await connect()
      await peer.send(queue, 'a')
      await peer.disconnect()
      assert.deepEqual(await (await (await connect()).subscribe(queue)).texts(1), ['a'])
    })
  })
}
