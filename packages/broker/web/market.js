/**
 * A market: walks prices at random, in a worker, so that it goes on while its page is hidden. Told prices that others made,
 * it goes on from there. Posts `{ symbol, price }`.
 */
const START = { MILL: 101.25, OAK: 48.1, RYE: 12.4, IRON: 230, WOOL: 67.8, SALT: 5.35 }
const EVERY_MS = 800
/** Of a price, per step. */
const STEP = 0.012

const prices = new Map(Object.entries(START))
let timer = null

addEventListener('message', ({ data }) => {
  if (data.seen !== undefined && prices.has(data.seen.symbol)) prices.set(data.seen.symbol, data.seen.price)
  if (data.open === true && timer === null) {
    for (const symbol of prices.keys()) make(symbol)
    timer = setInterval(() => {
      for (const symbol of prices.keys()) if (Math.random() < 0.4) make(symbol)
    }, EVERY_MS)
  }
  if (data.open === false) {
    clearInterval(timer)
    timer = null
  }
})

function make(symbol) {
  const price = Math.max(0.01, prices.get(symbol) * (1 + (Math.random() * 2 - 1) * STEP))
  prices.set(symbol, price)
  postMessage({ symbol, price })
}
