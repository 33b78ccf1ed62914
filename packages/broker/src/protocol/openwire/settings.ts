import { MillraceError } from '@millrace/base'

/** What this side offers and allows, per transport connector. */
export interface OpenWireSettings {
  readonly version: number
  readonly tightEncodingEnabled: boolean
  readonly cacheEnabled: boolean
  readonly cacheSize: number
  readonly stackTraceEnabled: boolean
  readonly maxFrameSize: number
  readonly maxInactivityDuration: number
  readonly maxInactivityDurationInitialDelay: number
  /** Bytes of a frame before the peer has introduced itself with a ConnectionInfo. */
  readonly maxFrameSizeUnintroduced: number
  /** How long a peer may take for its WireFormatInfo, and, when no heart-beats were agreed, its ConnectionInfo. */
  readonly introductionMsMax: number
  /** Sessions of one connection. */
  readonly sessionsMax: number
  /** A newer connection takes over its client id from an older one. False: as the broker does it. */
  readonly allowLinkStealing: boolean
}

/** Loose and uncached: a stored message then goes out almost as it came in. */
export const openWireDefaults: OpenWireSettings = {
  version: 12,
  tightEncodingEnabled: false,
  cacheEnabled: false,
  cacheSize: 1024,
  stackTraceEnabled: false,
  maxFrameSize: 104_857_600,
  maxInactivityDuration: 30_000,
  maxInactivityDurationInitialDelay: 10_000,
  maxFrameSizeUnintroduced: 65_536,
  introductionMsMax: 30_000,
  sessionsMax: 10_000,
  allowLinkStealing: false,
}

/** The options of a connector's address that are ours, by ActiveMQ's names (one of them misspelt there). */
const OPTIONS: Readonly<Record<string, keyof OpenWireSettings>> = {
  'wireFormat.version': 'version',
  'wireFormat.tightEncodingEnabled': 'tightEncodingEnabled',
  'wireFormat.cacheEnabled': 'cacheEnabled',
  'wireFormat.cacheSize': 'cacheSize',
  'wireFormat.stackTraceEnabled': 'stackTraceEnabled',
  'wireFormat.maxFrameSize': 'maxFrameSize',
  'wireFormat.maxInactivityDuration': 'maxInactivityDuration',
  'wireFormat.maxInactivityDurationInitalDelay': 'maxInactivityDurationInitialDelay',
  'wireFormat.maxInactivityDurationInitialDelay': 'maxInactivityDurationInitialDelay',
  'transport.connectAttemptTimeout': 'introductionMsMax',
  allowLinkStealing: 'allowLinkStealing',
}

export const OPEN_WIRE_OPTIONS: readonly string[] = Object.keys(OPTIONS)

const LIMITS: Readonly<Partial<Record<keyof OpenWireSettings, { readonly min: number; readonly max: number }>>> = {
  version: { min: 1, max: 12 },
  // Java writers hang with fewer slots than they keep free.
  cacheSize: { min: 100, max: 32_767 },
  maxFrameSize: { min: 1024, max: 2 ** 31 - 1 },
  introductionMsMax: { min: 100, max: 2 ** 31 - 1 },
}

/** Whether an option of an address is ours. */
export function isOpenWireOption(name: string): boolean {
  return OPTIONS[name] !== undefined
}

/** Throws CONFIGURATION_INVALID. Options that are not ours are not looked at. */
export function readOpenWireSettings(options: ReadonlyMap<string, string>): OpenWireSettings {
  const settings: Record<keyof OpenWireSettings, number | boolean> = { ...openWireDefaults }
  for (const [name, text] of options) {
    const key = OPTIONS[name]
    if (key === undefined) continue
    settings[key] = typeof openWireDefaults[key] === 'boolean' ? readBoolean(name, text) : readNumber(name, key, text)
  }
  return settings as unknown as OpenWireSettings
}

function readBoolean(name: string, text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new MillraceError('CONFIGURATION_INVALID', `${name} is "${text}", expected true or false`)
}

function readNumber(name: string, key: keyof OpenWireSettings, text: string): number {
  const { min, max } = LIMITS[key] ?? { min: 0, max: 2 ** 31 - 1 }
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new MillraceError(
    'CONFIGURATION_INVALID',
    `${name} is "${text}", expected a whole number from ${min} to ${max}`,
  )
}
