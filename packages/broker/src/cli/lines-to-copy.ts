/** What to write in other languages to use the broker at these addresses; nothing for what is not spoken there. */
export function linesToCopy(addresses: readonly string[]): readonly string[] {
  const openWire = clientUrl(addresses, OPEN_WIRE)
  const stomp = clientUrl(addresses, STOMP)
  const browser = clientUrl(addresses, WEB_SOCKET)
  const lines: string[] = []
  if (openWire !== null) {
    if (!openWire.startsWith('unix:')) {
      lines.push(`  Java     new ActiveMQConnectionFactory("${openWire}").createConnection()`)
    }
    const node = `await new ConnectionFactory('${openWire}').createConnection()`
    lines.push(`  Node     ${node}   // import { ConnectionFactory } from '@millrace/client'`)
  }
  if (stomp !== null) {
    const { hostname, port } = new URL(stomp)
    lines.push(`  Python   stomp.Connection([("${hostname}", ${port})]).connect(wait=True)   # pip install stomp.py`)
  }
  if (browser !== null)
    lines.push(`  Browser  new WebSocket('${browser}', 'v12.stomp')   // or the brokerURL of @stomp/stompjs`)
  if (openWire !== null) lines.push(`  Shell    npx --no-install millrace consume --broker ${openWire} queue://ORDERS`)
  return lines
}

/** What browsers of this machine open to see pages that come from here; null: HTTP is not spoken. */
export function pagesUrl(addresses: readonly string[]): string | null {
  // All interfaces are this machine's as well.
  const local = addresses.map((address) => address.replace(/\/\/(?:0\.0\.0\.0|\[::\]):/, '//localhost:'))
  const url = clientUrl(
    local.filter((address) => /\/\/(?:localhost|127[.\d]+|\[::1\]):/.test(address)),
    HTTP,
  )
  return url === null ? null : `${url}/`
}

/** Schemes of addresses and what a client writes for them, the best first. */
type Choice = readonly (readonly [listens: string, connects: string])[]

const OPEN_WIRE: Choice = [
  ['openwire:', 'tcp:'],
  ['auto:', 'tcp:'],
  ['openwire+ssl:', 'ssl:'],
  ['auto+ssl:', 'ssl:'],
  ['unix:', 'unix:'],
]
const STOMP: Choice = [
  ['stomp:', 'tcp:'],
  ['auto:', 'tcp:'],
]
const WEB_SOCKET: Choice = [
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
  ['auto:', 'ws:'],
  ['auto+ssl:', 'wss:'],
]
const HTTP: Choice = [
  ['auto:', 'http:'],
  ['ws:', 'http:'],
  ['auto+ssl:', 'https:'],
  ['wss:', 'https:'],
]

function clientUrl(addresses: readonly string[], choice: Choice): string | null {
  for (const [listens, connects] of choice) {
    const found = addresses.find((address) => address.startsWith(listens))
    if (found !== undefined) return found.replace(listens, connects)
  }
  return null
}
