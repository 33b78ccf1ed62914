import { Connection } from './connection.js'
import { Sparkline } from './sparkline.js'

const PREFIX = '/topic/STOCKS.'
/** Whoever sends more different stocks is not shown. */
const STOCKS_MAX = 50

const COMPANIES = {
  MILL: 'Upper Mill Water Works',
  OAK: 'Oak & Ash Timber',
  RYE: 'Rye Bakers United',
  IRON: 'Iron Bridge Forge',
  WOOL: 'Valley Wool Weavers',
  SALT: 'Old Salt Trading',
}

const element = (id) => document.getElementById(id)
const rows = new Map()
const connection = new Connection()
const market = new Worker('/samples/market.js', { type: 'module' })
let open = false

market.addEventListener('message', ({ data: { symbol, price } }) => {
  // What the market makes while there is no connection, nobody sees; it goes on when there is one.
  if (open) connection.publish(`${PREFIX}${symbol}`, price.toFixed(2), { source: 'a page' })
})

element('market').addEventListener('click', () => {
  open = !open
  market.postMessage({ open })
  element('market').textContent = open ? 'Stop the market' : 'Start the market'
  element('market').classList.toggle('primary', !open)
  element('market-state').dataset.open = String(open)
  sayMarket()
})

connection.onTrouble = (trouble) => {
  element('trouble').textContent = trouble
}
connection.onLost = sayMarket
connection.onBack = () => {
  element('trouble').textContent = ''
  sayMarket()
}
connection.subscribe(`${PREFIX}*`, heard)
connection.start()

function sayMarket() {
  const waits = open && !connection.open
  const state = waits ? 'is open, and waits for the connection' : open ? 'is open' : 'is closed'
  element('market-state').textContent = `The market of this page ${state}.`
}

/** The body is the price, so that anything can send one. */
function heard({ body, headers }) {
  const symbol = headers.destination.slice(PREFIX.length)
  const price = Number(body)
  if (body.trim() === '' || !Number.isFinite(price)) {
    element('trouble').textContent = `What came on STOCKS.${symbol} is no price: “${body.slice(0, 40)}”.`
    return
  }
  market.postMessage({ seen: { symbol, price } })
  const row = rows.get(symbol) ?? addRow(symbol, price)
  row?.update(price, headers.source ?? 'a program')
}

function addRow(symbol, first) {
  if (rows.size === STOCKS_MAX) return undefined
  element('empty').hidden = true
  const row = new Row(symbol, first)
  rows.set(symbol, row)
  const after = [...rows.values()]
    .filter((one) => one.symbol > symbol)
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1))[0]
  element('prices').insertBefore(row.element, after?.element ?? null)
  return row
}

class Row {
  symbol
  element = document.createElement('tr')
  #first
  #price = cell('td', 'number price')
  #change = cell('td', 'number change')
  #source = cell('td', 'source')
  #sparkline = new Sparkline()
  #shown

  constructor(symbol, first) {
    this.symbol = symbol
    this.#first = first
    this.#shown = first
    const head = cell('th', 'stock')
    head.scope = 'row'
    const name = document.createElement('span')
    name.className = 'company'
    name.textContent = COMPANIES[symbol] ?? ''
    head.append(symbol, name)
    const trend = cell('td', 'trend')
    trend.append(this.#sparkline.element)
    this.element.append(head, this.#price, this.#change, trend, this.#source)
    this.element.dataset.symbol = symbol
  }

  update(price, source) {
    const change = price - this.#first
    const percent = this.#first === 0 ? 0 : (change / this.#first) * 100
    const direction = change > 0.004 ? 'up' : change < -0.004 ? 'down' : 'level'
    const sign = { up: '▲ +', down: '▼ −', level: '' }[direction]
    this.#price.textContent = price.toFixed(2)
    this.#change.textContent = `${sign}${Math.abs(change).toFixed(2)} (${Math.abs(percent).toFixed(1)} %)`
    this.#source.textContent = source
    this.element.dataset.direction = direction
    this.#sparkline.add(price)
    // Begins again with each message.
    const flash = price > this.#shown ? 'flash-up' : price < this.#shown ? 'flash-down' : null
    this.#shown = price
    this.#price.classList.remove('flash-up', 'flash-down')
    void this.#price.offsetWidth
    if (flash !== null) this.#price.classList.add(flash)
  }
}

function cell(tag, className) {
  const made = document.createElement(tag)
  made.className = className
  return made
}
