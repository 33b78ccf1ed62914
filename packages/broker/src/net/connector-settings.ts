import { MillraceError } from '@millrace/base'

/** `wanted`: who has one that can be trusted is known by it, and others come in too. `needed`: nobody else comes in. */
export type ClientCertificates = 'none' | 'wanted' | 'needed'

/** What the options of an address say about the connector itself, whatever is spoken there. */
export interface ConnectorSettings {
  /** Whether clients show a certificate over TLS. Null: as the broker is told. */
  readonly clientCertificates: ClientCertificates | null
  /** Connections at once, those that have not said yet what they speak included. */
  readonly connectionsMax: number
  /** A peer that does not say which protocol it speaks is let go after so long. Null: as everywhere. */
  readonly detectionMsMax: number | null
  /** Permissions of a socket in the file system. Null: what the umask leaves. */
  readonly mode: number | null
  /** Protocols that the peer may choose from. Null: all. */
  readonly protocolNames: readonly string[] | null
  /** Pages of these origins may open WebSockets, besides those that come from the address itself. `*`: any. */
  readonly allowedOrigins: readonly string[]
  /** Bytes of one WebSocket message. */
  readonly webSocketBytesMax: number
}

export const connectorDefaults: ConnectorSettings = {
  clientCertificates: null,
  connectionsMax: Number.POSITIVE_INFINITY,
  detectionMsMax: null,
  mode: null,
  protocolNames: null,
  allowedOrigins: [],
  webSocketBytesMax: 16 * 1024 * 1024,
}

type Settings = { -readonly [K in keyof ConnectorSettings]: ConnectorSettings[K] }
type Read = (settings: Settings, name: string, text: string) => void

const webSocketBytes: Read = (settings, name, text) => {
  settings.webSocketBytesMax = number(name, text, 1024, 256 * 1024 * 1024)
}

const need: Read = (settings, name, text) => {
  if (truth(name, text)) settings.clientCertificates = 'needed'
  else settings.clientCertificates ??= 'none'
}

const want: Read = (settings, name, text) => {
  if (!truth(name, text)) settings.clientCertificates ??= 'none'
  else if (settings.clientCertificates !== 'needed') settings.clientCertificates = 'wanted'
}

/** By ActiveMQ's names, as far as it has them. */
const OPTIONS: Readonly<Record<string, Read>> = {
  maximumConnections: (settings, name, text) => {
    settings.connectionsMax = number(name, text, 1, 999_999_999)
  },
  protocolDetectionTimeOut: (settings, name, text) => {
    settings.detectionMsMax = number(name, text, 1, 3_600_000)
  },
  needClientAuth: need,
  'transport.needClientAuth': need,
  wantClientAuth: want,
  'transport.wantClientAuth': want,
  mode: (settings, name, text) => {
    if (!/^0?[0-7]{3}$/.test(text)) throw invalid(name, text, 'permissions like 600 or 660')
    settings.mode = Number.parseInt(text, 8)
  },
  'auto.protocols': (settings, _name, text) => {
    settings.protocolNames = list(text).map((one) => (one === 'default' ? 'openwire' : one))
  },
  allowedOrigins: (settings, name, text) => {
    settings.allowedOrigins = list(text).map((one) => origin(name, one))
  },
  'websocket.maxMessageSize': webSocketBytes,
  'websocket.maxTextMessageSize': webSocketBytes,
  'websocket.maxBinaryMessageSize': webSocketBytes,
}

export const CONNECTOR_OPTIONS: readonly string[] = Object.keys(OPTIONS)

export function isConnectorOption(name: string): boolean {
  return Object.hasOwn(OPTIONS, name)
}

/** Throws CONFIGURATION_INVALID. Options that are not ours are not looked at. */
export function readConnectorSettings(options: ReadonlyMap<string, string>): ConnectorSettings {
  const settings: Settings = { ...connectorDefaults }
  for (const [name, text] of options) {
    if (isConnectorOption(name)) OPTIONS[name]?.(settings, name, text)
  }
  return settings
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** As browsers send it: scheme, host and port, nothing behind. */
function origin(name: string, text: string): string {
  if (text === '*' || text === 'null') return text
  const found = URL.canParse(text) ? new URL(text).origin : 'null'
  if (found === 'null') throw invalid(name, text, 'origins like https://shop.example')
  return found
}

function truth(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw invalid(name, text, 'true or false')
}

function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value
  throw invalid(name, text, `a whole number from ${min}${max < 999_999_999 ? ` to ${max}` : ''}`)
}

function invalid(name: string, text: string, expected: string): MillraceError {
  return new MillraceError('CONFIGURATION_INVALID', `${name} is "${text}", expected ${expected}`)
}
