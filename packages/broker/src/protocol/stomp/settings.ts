import { MillraceError } from '@millrace/base'

/** What this side offers and allows, per transport connector. */
export interface StompSettings {
  /** Bytes of a body. */
  readonly maxDataLength: number
  /** Bytes of a frame, from its command to its NUL. */
  readonly maxFrameSize: number
  /** Bytes of a command, of one header, and how many headers. */
  readonly maxCommandLength: number
  readonly maxHeaderLength: number
  readonly maxHeaders: number
  /** Bytes of a frame before the peer is known. */
  readonly maxFrameSizeUnintroduced: number
  /** How long a peer may take for its CONNECT, in ms. */
  readonly connectAttemptTimeout: number
  /** What a client without a `heart-beat` header is taken to have said: two numbers of ms. */
  readonly defaultHeartBeat: string
  /** A peer may be silent for so many of its intervals. */
  readonly hbGracePeriodMultiplier: number
  /** Heart-beats are not watched or sent more often than that, in ms. */
  readonly heartBeatMsMin: number
  /** An escape that the version does not know stays as it is, instead of ending the connection. */
  readonly lenientEscapes: boolean
  /** Every ERROR ends the connection, as the text of the protocol wants it. */
  readonly closeOnError: boolean
  /** MESSAGE frames with a text have a content-length too. */
  readonly contentLengthAlways: boolean
  /** A newer connection takes over its client id from an older one. False: as the broker does it. */
  readonly allowLinkStealing: boolean
}

export const stompDefaults: StompSettings = {
  maxDataLength: 104_857_600,
  maxFrameSize: 104_857_600,
  maxCommandLength: 1024,
  maxHeaderLength: 10_240,
  maxHeaders: 1000,
  maxFrameSizeUnintroduced: 65_536,
  connectAttemptTimeout: 30_000,
  defaultHeartBeat: '0,0',
  hbGracePeriodMultiplier: 2,
  heartBeatMsMin: 500,
  lenientEscapes: false,
  closeOnError: false,
  contentLengthAlways: false,
  allowLinkStealing: false,
}

/** The options of a connector's address that are ours, by ActiveMQ's names where it has them. */
const OPTIONS: Readonly<Record<string, keyof StompSettings>> = {
  'wireFormat.maxDataLength': 'maxDataLength',
  'wireFormat.maxFrameSize': 'maxFrameSize',
  'wireFormat.maxCommandLength': 'maxCommandLength',
  'wireFormat.maxHeaderLength': 'maxHeaderLength',
  'wireFormat.maxHeaders': 'maxHeaders',
  'transport.connectAttemptTimeout': 'connectAttemptTimeout',
  'transport.defaultHeartBeat': 'defaultHeartBeat',
  'transport.hbGracePeriodMultiplier': 'hbGracePeriodMultiplier',
  'stomp.heartBeatMin': 'heartBeatMsMin',
  'stomp.lenientEscapes': 'lenientEscapes',
  'stomp.closeOnError': 'closeOnError',
  'stomp.contentLengthAlways': 'contentLengthAlways',
  allowLinkStealing: 'allowLinkStealing',
}

export const STOMP_OPTIONS: readonly string[] = Object.keys(OPTIONS)

interface Bounds {
  readonly min: number
  readonly max: number
}

const LIMITS: Readonly<Partial<Record<keyof StompSettings, Bounds>>> = {
  maxDataLength: { min: 0, max: 2 ** 31 - 1 },
  maxFrameSize: { min: 1024, max: 2 ** 31 - 1 },
  maxCommandLength: { min: 16, max: 65_536 },
  maxHeaderLength: { min: 256, max: 1_048_576 },
  maxHeaders: { min: 16, max: 65_536 },
  connectAttemptTimeout: { min: 100, max: 2 ** 31 - 1 },
  hbGracePeriodMultiplier: { min: 1, max: 100 },
  heartBeatMsMin: { min: 100, max: 60_000 },
}

/** Whether an option of an address is ours. */
export function isStompOption(name: string): boolean {
  return Object.hasOwn(OPTIONS, name)
}

/** Throws CONFIGURATION_INVALID. Options that are not ours are not looked at. */
export function readStompSettings(options: ReadonlyMap<string, string>): StompSettings {
  const settings: Record<keyof StompSettings, number | boolean | string> = { ...stompDefaults }
  for (const [name, text] of options) {
    const key = isStompOption(name) ? OPTIONS[name] : undefined
    if (key === undefined) continue
    if (key === 'defaultHeartBeat') settings[key] = readHeartBeat(name, text)
    else settings[key] = typeof stompDefaults[key] === 'boolean' ? readBoolean(name, text) : readNumber(name, key, text)
  }
  return settings as unknown as StompSettings
}

function readHeartBeat(name: string, text: string): string {
  if (/^\d{1,9},\d{1,9}$/.test(text)) return text
  throw new MillraceError(
    'CONFIGURATION_INVALID',
    `${name} is "${text}", expected two numbers of ms, as in 10000,10000`,
  )
}

function readBoolean(name: string, text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new MillraceError('CONFIGURATION_INVALID', `${name} is "${text}", expected true or false`)
}

function readNumber(name: string, key: keyof StompSettings, text: string): number {
  const { min, max } = LIMITS[key] ?? { min: 0, max: 2 ** 31 - 1 }
  const fraction = key === 'hbGracePeriodMultiplier'
  const value = Number(text)
  if ((fraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text) && value >= min && value <= max) return value
  const what = fraction ? 'a number' : 'a whole number'
  throw new MillraceError('CONFIGURATION_INVALID', `${name} is "${text}", expected ${what} from ${min} to ${max}`)
}
