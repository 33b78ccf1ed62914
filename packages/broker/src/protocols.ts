import { type Logger, MillraceError } from '@millrace/base'
import { didYouMean } from './core/nearest-name.ts'
import type { ListenAddress } from './net/address.ts'
import { CONNECTOR_OPTIONS, type ConnectorSettings, isConnectorOption } from './net/connector-settings.ts'
import type { SubProtocol } from './net/web.ts'
import { OpenWireProtocol } from './protocol/openwire/protocol.ts'
import { isOpenWireOption, OPEN_WIRE_OPTIONS, readOpenWireSettings } from './protocol/openwire/settings.ts'
import type { Protocol } from './protocol/protocol.ts'
import { StompProtocol } from './protocol/stomp/protocol.ts'
import { isStompOption, readStompSettings, STOMP_OPTIONS } from './protocol/stomp/settings.ts'

interface Row {
  readonly name: string
  /** Options of addresses that it reads. */
  readonly options: readonly string[]
  isOption(name: string): boolean
  /** Throws CONFIGURATION_INVALID. */
  make(options: ReadonlyMap<string, string>, log: Logger): Protocol
  /** Its names in WebSockets, the one preferred first. */
  readonly subProtocols: readonly string[]
  /** It goes over WebSockets as text too. */
  readonly text: boolean
}

/** What is spoken. A new protocol is a folder in `protocol/` and a row here. */
const PROTOCOLS: readonly Row[] = [
  {
    name: 'openwire',
    options: OPEN_WIRE_OPTIONS,
    isOption: isOpenWireOption,
    make: (options, log) => new OpenWireProtocol(readOpenWireSettings(options), log),
    subProtocols: ['openwire'],
    text: false,
  },
  {
    name: 'stomp',
    options: STOMP_OPTIONS,
    isOption: isStompOption,
    make: (options, log) => new StompProtocol(readStompSettings(options), log),
    subProtocols: ['v12.stomp', 'v11.stomp', 'v10.stomp', 'stomp'],
    text: true,
  },
]

/** What is spoken at one address. */
export interface Spoken {
  readonly protocols: readonly Protocol[]
  readonly subProtocols: ReadonlyMap<string, SubProtocol>
}

/** Throws CONFIGURATION_INVALID: for options that nobody knows, too. */
export function spokenAt(address: ListenAddress, settings: ConnectorSettings, log: Logger): Spoken {
  const rows = rowsOf(address, settings)
  checkOptions(address, rows)
  const protocols: Protocol[] = []
  const subProtocols = new Map<string, SubProtocol>()
  for (const row of rows) {
    const protocol = row.make(optionsOf(row, address.options), log)
    protocols.push(protocol)
    for (const name of row.subProtocols) subProtocols.set(name, { protocol, text: row.text })
  }
  return { protocols, subProtocols }
}

/** OpenWire as it is without any option: what clients in this process speak. */
export function openWireAlone(log: Logger): Protocol {
  return new OpenWireProtocol(readOpenWireSettings(new Map()), log)
}

function rowsOf(address: ListenAddress, { protocolNames }: ConnectorSettings): readonly Row[] {
  if (address.protocol !== null) return [rowOf(address.protocol)]
  return protocolNames === null ? PROTOCOLS : protocolNames.map(rowOf)
}

function rowOf(name: string): Row {
  const row = PROTOCOLS.find((one) => one.name === name)
  if (row !== undefined) return row
  const names = PROTOCOLS.map((one) => one.name)
  throw new MillraceError(
    'CONFIGURATION_INVALID',
    `there is no protocol ${name}, but ${names.join(', ')}${didYouMean(name, names)}`,
  )
}

function checkOptions(address: ListenAddress, rows: readonly Row[]): void {
  for (const name of address.options.keys()) {
    if (isConnectorOption(name)) continue
    if (rows.some((row) => row.isOption(ownName(row, name)))) continue
    const near = didYouMean(name, [...CONNECTOR_OPTIONS, ...rows.flatMap((row) => row.options)])
    throw new MillraceError('CONFIGURATION_INVALID', `"${address.scheme}:": there is no option ${name}${near}`)
  }
}

/** What an option says to one protocol alone stands above what it says to all. */
function optionsOf(row: Row, options: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const own = new Map(options)
  for (const [name, text] of options) own.set(ownName(row, name), text)
  return own
}

/** `wireFormat.stomp.maxDataLength` is STOMP's `wireFormat.maxDataLength`; `default` is how ActiveMQ says OpenWire there. */
function ownName(row: Row, name: string): string {
  const [group, protocol, ...rest] = name.split('.')
  if (rest.length === 0) return name
  return protocol === row.name || (protocol === 'default' && row.name === 'openwire')
    ? `${group}.${rest.join('.')}`
    : name
}
