/** The web samples in a real browser, with a real broker: two pages, two protocols, restarts, strangers. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ConnectionFactory } from '@millrace/client'
import { BrokerService, type BrokerServiceOptions, Destination, DestinationKind, hashPassword } from 'millrace'
import type { Page } from 'playwright-core'
import { certificateFor } from '../e2e/certificates.ts'
import { SOON, textOf } from '../e2e/fixture.ts'
import { Complaints, newContext, opened, startBrowser } from './browser.ts'

const AUTO = 'auto://127.0.0.1:0'

async function startService(t: TestContext, options: Partial<BrokerServiceOptions> = {}): Promise<BrokerService> {
  const service = new BrokerService({ memory: true, vmName: null, web: true, listen: [AUTO], ...options })
  await service.start()
  t.after(() => service.stop())
  return service
}

/** Of an address of a broker: what a browser opens. */
function home(service: BrokerService, index = 0): string {
  return (service.addresses[index] ?? '').replace(/^[a-z]+:/, 'http:')
}

async function enter(page: Page, name: string, room = 'lobby'): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('textbox', { name: 'Room' }).fill(room)
  await page.getByRole('button', { name: 'Join' }).click()
  // Its own word comes back when it is subscribed.
  await page.getByText(`${name} has joined`).first().waitFor()
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

function message(page: Page, text: string) {
  return page.locator('.message .text', { hasText: text })
}

test('two pages talk with each other, at the address for everything and at the one for WebSockets', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const service = await startService(t, { listen: [AUTO, 'ws://127.0.0.1:0'] })
  const [first, second] = [await newContext(browser), await newContext(browser)]
  const complaints = [new Complaints(first), new Complaints(second)]
  const ada = await opened(first, `${home(service, 0)}/samples/chat`)
  const grace = await opened(second, `${home(service, 1)}/samples/chat`)
  await enter(ada, 'Ada')
  await enter(grace, 'Grace: 🐝 \\ 水車')
  await ada.getByText('Grace: 🐝 \\ 水車 has joined').waitFor()

  const texts = [
    'Grüße, Ελλάδα, שלום, 水車 🌊👩🏽‍🔧',
    '<b>bold</b><img src=x onerror="document.title=1">',
    'a:b\\c&amp;d',
  ]
  for (const text of texts) {
    await say(ada, text)
    for (const page of [ada, grace]) {
      await message(page, text).waitFor()
      assert.equal(await message(page, text).textContent(), text)
    }
  }
  assert.equal(await grace.locator('.messages b, .messages img').count(), 0)
  assert.match(await grace.title(), /Chat – Millrace$/)
  assert.equal(await ada.locator('.message.own').count(), texts.length)
  assert.equal(await grace.locator('.message.own').count(), 0)
  assert.equal(await grace.locator('.message .author').first().textContent(), 'Ada')

  await grace.getByRole('button', { name: 'Leave room' }).click()
  await ada.getByText('Grace: 🐝 \\ 水車 has left').waitFor()
  // Another room is another topic: what is said there stays there.
  await enter(grace, 'Grace', 'küche')
  await say(grace, 'in the kitchen')
  await message(grace, 'in the kitchen').waitFor()
  await say(ada, 'in the lobby')
  await message(ada, 'in the lobby').waitFor()
  assert.equal(await message(ada, 'in the kitchen').count(), 0)
  assert.equal(await message(grace, 'in the lobby').count(), 0)
  assert.deepEqual(
    complaints.flatMap((one) => one.list),
    [],
  )
})

test('a page says what is wrong with a name or a room, and remembers both', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const service = await startService(t)
  const context = await newContext(browser)
  const complaints = new Complaints(context)
  const page = await opened(context, `${home(service)}/samples/chat`)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByText('Say what you want to be called.').waitFor()
  await page.getByLabel('Your name').fill('Ada')
  for (const room of ['', 'a.b', '>', '*', 'two words', 'a/b']) {
    await page.getByRole('textbox', { name: 'Room' }).fill(room)
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByText(`“${room}” cannot be a room`).waitFor()
  }
  await enter(page, 'Ada', 'tea')
  await page.reload()
  await page.locator('#connection[data-state=open]').waitFor()
  assert.equal(await page.getByLabel('Your name').inputValue(), 'Ada')
  assert.equal(await page.getByRole('textbox', { name: 'Room' }).inputValue(), 'tea')
  assert.deepEqual(complaints.list, [])
})

test('when the broker goes and comes back, pages say so, keep what was typed, and go on', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  let service = await startService(t)
  const listen = [...service.addresses]
  const context = await newContext(browser)
  const complaints = new Complaints(context)
  const ada = await opened(context, `${home(service)}/samples/chat`)
  const grace = await opened(context, `${home(service)}/samples/chat`)
  await enter(ada, 'Ada')
  await enter(grace, 'Grace')
  await service.stop()
  for (const page of [ada, grace]) {
    await page.getByRole('status').filter({ hasText: 'Connection lost' }).waitFor()
    await page.getByText('The connection was lost.').waitFor()
  }
  await say(ada, 'are you there?')
  await ada.getByText('Your message stays here').waitFor()
  assert.equal(await ada.getByLabel('Message', { exact: true }).inputValue(), 'are you there?')

  service = await startService(t, { listen })
  for (const page of [ada, grace]) {
    await page.locator('#connection[data-state=open]').waitFor()
    await page.getByText('Connected again').waitFor()
  }
  // It is told as soon as the page is connected, and its subscription goes out before what is said next: both are in order.
  await ada.keyboard.press('Enter')
  await message(ada, 'are you there?').waitFor()
  await say(grace, 'I am')
  await message(ada, 'I am').waitFor()
  await message(grace, 'I am').waitFor()
  assert.deepEqual(complaints.besidesLostConnections(), [])
})

test('programs and pages talk: a message from OpenWire is in the chat, one from the chat in OpenWire', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const service = await startService(t)
  const context = await newContext(browser)
  const complaints = new Complaints(context)
  const page = await opened(context, `${home(service)}/samples/chat`)
  await enter(page, 'Ada')
  await using connection = await new ConnectionFactory(home(service).replace('http:', 'tcp:')).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const lobby = session.createTopic('CHAT.lobby')
  const consumer = await session.createConsumer(lobby)
  const producer = await session.createProducer(lobby)
  await say(page, 'who is there? 🦉')
  const received = await consumer.receive(SOON)
  assert.equal(textOf(received), 'who is there? 🦉')
  assert.equal(received?.getStringProperty('from'), 'Ada')
  const answer = session.createTextMessage('a program')
  answer.setStringProperty('from', 'Engine')
  await producer.send(answer)
  await message(page, 'a program').waitFor()
  await producer.send(session.createTextMessage('nobody says who'))
  await message(page, 'nobody says who').waitFor()
  assert.deepEqual(await page.locator('.message:not(.own) .author').allTextContents(), ['Engine', 'Somebody'])
  assert.deepEqual(complaints.list, [])
})

test('a page that comes later sees what the policy of the broker keeps', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const kept = { subscriptionRecoveryPolicy: { kind: 'fixedCount', maximumSize: 20 } } as const
  const service = await startService(t, {
    policies: [{ destination: new Destination(DestinationKind.Topic, 'CHAT.>'), policy: kept }],
  })
  const context = await newContext(browser)
  const ada = await opened(context, `${home(service)}/samples/chat`)
  await enter(ada, 'Ada')
  await say(ada, 'before you came')
  await message(ada, 'before you came').waitFor()
  const grace = await opened(context, `${home(service)}/samples/chat`)
  await enter(grace, 'Grace')
  await message(grace, 'before you came').waitFor()
})

test('a market in one page moves prices in all, and a program in OpenWire moves them too', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const service = await startService(t)
  const context = await newContext(browser)
  const complaints = new Complaints(context)
  const market = await opened(context, `${home(service)}/samples/stocks`)
  const watcher = await opened(context, `${home(service)}/samples/stocks`)
  await watcher.getByText('No prices yet.').waitFor()
  await market.getByRole('button', { name: 'Start the market' }).click()
  await market.getByText('The market of this page is open.').waitFor()
  for (const page of [market, watcher]) {
    await page.locator('#prices tr').nth(5).waitFor()
    const names = await page.locator('#prices th').allTextContents()
    assert.deepEqual(names, [...names].sort())
  }
  const price = watcher.locator('[data-symbol=MILL] .price')
  const before = await price.textContent()
  await price.filter({ hasNotText: before ?? '' }).waitFor()
  await market.getByRole('button', { name: 'Stop the market' }).click()
  await market.getByText('The market of this page is closed.').waitFor()

  const example = fileURLToPath(new URL('../../../examples/build/stocks.js', import.meta.url))
  const url = home(service).replace('http:', 'tcp:')
  const { stdout } = await promisify(execFile)(process.execPath, [example, url, '3'])
  assert.equal(stdout.trim(), '3 prices sent')
  for (const page of [market, watcher])
    await page.locator('[data-symbol=GRIST]', { hasText: 'a program in Node' }).waitFor()

  await using connection = await new ConnectionFactory(url).createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createTopic('STOCKS.NEW'))
  await producer.send(session.createTextMessage('7.5'))
  const row = watcher.locator('[data-symbol=NEW]')
  await row.waitFor()
  assert.equal(await row.locator('.price').textContent(), '7.50')
  await producer.send(session.createTextMessage('9'))
  await row.filter({ hasText: '▲ +1.50 (20.0 %)' }).waitFor()
  await producer.send(session.createTextMessage('<i>much</i>'))
  await watcher.getByText('What came on STOCKS.NEW is no price: “<i>much</i>”.').waitFor()
  assert.equal(await row.locator('.price').textContent(), '9.00')
  assert.deepEqual(complaints.list, [])
})

test('a market goes on when the broker comes back', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  let service = await startService(t)
  const listen = [...service.addresses]
  const context = await newContext(browser)
  const complaints = new Complaints(context)
  const page = await opened(context, `${home(service)}/samples/stocks`)
  await page.getByRole('button', { name: 'Start the market' }).click()
  await page.locator('[data-symbol=MILL]').waitFor()
  await service.stop()
  await page.getByText('The market of this page is open, and waits for the connection.').waitFor()
  service = await startService(t, { listen })
  const later = await opened(context, `${home(service)}/samples/stocks`)
  await later.locator('[data-symbol]').first().waitFor()
  await page.getByText('The market of this page is open.').waitFor()
  assert.deepEqual(complaints.besidesLostConnections(), [])
})

test('a broker with users asks who one is, and says what was wrong', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const people = ['people']
  const service = await startService(t, {
    access: {
      users: [{ name: 'ada', password: await hashPassword('wheel'), groups: people }],
      permissions: [{ destination: 'topic://CHAT.lobby', read: people, write: people, admin: people }],
    },
  })
  const context = await newContext(browser)
  const complaints = new Complaints(context)
  const page = await context.newPage()
  await page.goto(`${home(service)}/samples/chat`)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('User name').fill('ada')
  await dialog.getByLabel('Password').fill('wrong')
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dialog.getByText('password is wrong').waitFor()
  await dialog.getByLabel('User name').fill('ada')
  await dialog.getByLabel('Password').fill('wheel')
  await page.keyboard.press('Enter')
  await page.locator('#connection[data-state=open]').waitFor()
  await enter(page, 'Ada')
  await say(page, 'let in')
  await message(page, 'let in').waitFor()
  await page.getByRole('button', { name: 'Leave room' }).click()
  await page.getByRole('textbox', { name: 'Room' }).fill('cellar')
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByText('The broker says no:').first().waitFor()
  assert.deepEqual(complaints.list, [])
})

test('over TLS the pages are the same', async (t) => {
  const browser = await startBrowser(t)
  const tls = certificateFor('localhost')
  if (browser === null) return
  if (tls === null) {
    t.skip('there is no openssl to make certificates with')
    return
  }
  const service = await startService(t, { tls, listen: [AUTO, 'wss://127.0.0.1:0'] })
  const context = await newContext(browser, { ignoreHTTPSErrors: true })
  const complaints = new Complaints(context)
  for (const index of [0, 1]) {
    const page = await opened(context, `${home(service, index).replace('http:', 'https:')}/samples/chat`)
    await enter(page, 'Ada')
    await say(page, 'nobody else hears this')
    await message(page, 'nobody else hears this').waitFor()
    await page.close()
  }
  assert.deepEqual(complaints.list, [])
})

test('the pages fit a narrow window, and the keyboard is enough', async (t) => {
  const browser = await startBrowser(t)
  if (browser === null) return
  const service = await startService(t)
  const context = await newContext(browser, { viewport: { width: 360, height: 640 } })
  const complaints = new Complaints(context)
  const page = await context.newPage()
  const tooWide = (): Promise<number> => page.evaluate('document.documentElement.scrollWidth - innerWidth')
  await page.goto(home(service))
  assert.equal(await tooWide(), 0)
  await page.keyboard.press('Tab')
  assert.equal(await page.locator(':focus').textContent(), 'Skip to the content')
  await page.getByRole('link', { name: 'Open the chat' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('#connection[data-state=open]').waitFor()
  await page.keyboard.type('A name without any spaces, as long as it g')
  await page.keyboard.press('Enter')
  await page.locator('.note').waitFor()
  const long = 'unbreakable'.repeat(20)
  await page.keyboard.type(long)
  await page.keyboard.press('Enter')
  await message(page, long).waitFor()
  assert.equal(await tooWide(), 0)
  await page.getByRole('link', { name: 'Stocks' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('#connection[data-state=open]').waitFor()
  assert.equal(await tooWide(), 0)
  await page.getByRole('button', { name: 'Start the market' }).focus()
  await page.keyboard.press('Space')
  await page.locator('#prices tr').nth(5).waitFor()
  assert.equal(await tooWide(), 0)
  assert.deepEqual(complaints.list, [])
})

test('a page from elsewhere gets neither a WebSocket nor our pages in its frame', async (t) => {
  // A foreign name that leads to this machine, as a page of the Internet would make it.
  const browser = await startBrowser(t, '--host-resolver-rules=MAP elsewhere.example 127.0.0.1')
  if (browser === null) return
  const service = await startService(t)
  const elsewhere = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>elsewhere</title>')
  })
  elsewhere.listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  t.after(() => {
    elsewhere.closeAllConnections()
    elsewhere.close()
  })
  const { port } = elsewhere.address() as AddressInfo
  const page = await (await newContext(browser)).newPage()
  const tryToOpen = (url: string): Promise<string> =>
    page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(url)}, 'v12.stomp')
      socket.addEventListener('open', () => resolve('open'))
      socket.addEventListener('error', () => resolve('refused'))
    })`)
  const broker = home(service).replace('http:', 'ws:')
  await page.goto(`http://elsewhere.example:${port}/`)
  assert.equal(await tryToOpen(broker), 'refused')
  // The same broker under the foreign name: to the browser that is the page's own origin.
  assert.equal(await tryToOpen(broker.replace('127.0.0.1', 'elsewhere.example')), 'refused')
  await page.evaluate(`new Promise((resolve) => {
    const frame = document.createElement('iframe')
    frame.src = ${JSON.stringify(`${home(service)}/samples/chat`)}
    frame.addEventListener('load', resolve)
    document.body.append(frame)
  })`)
  const inside = page.frames().find((frame) => frame !== page.mainFrame())
  assert.equal(await inside?.locator('#connection').count(), 0)
  const answer = await page.goto(home(service).replace('127.0.0.1', 'elsewhere.example'))
  assert.equal(answer?.status(), 426)
  // What was refused was refused for its origin.
  await page.goto(home(service))
  assert.equal(await tryToOpen(broker), 'open')
})
