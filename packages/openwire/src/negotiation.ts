import {
  assert,
  decodePrimitiveMap,
  encodePrimitiveMap,
  type Primitive,
  type PrimitiveMap,
  PrimitiveTag,
  ProtocolError,
} from '@millrace/base'
import { MAGIC, VERSION_MAX, VERSION_MIN } from './codes.ts'
import { WireFormatInfo } from './structures.ts'
import type { WireFormatOptions } from './wire-format.ts'

/** What one side offers. What is left out has the default that stands with it. */
export interface Offer {
  /** 12. */
  version?: number
  /** False: a message passes through loose encoding almost as it is. */
  tightEncodingEnabled?: boolean
  /** False. */
  cacheEnabled?: boolean
  /** 1024. 1 to 99 are never offered: other implementations hang when they write with so few. */
  cacheSize?: number
  /** False; there is no reason to change it. */
  sizePrefixDisabled?: boolean
  /** True. */
  stackTraceEnabled?: boolean
  /** True. */
  tcpNoDelayEnabled?: boolean
  /** Milliseconds without a byte after which the link is dead; 30000. 0 turns the check off, on both sides. */
  maxInactivityDuration?: number
  /** Milliseconds until the first check; 10000. */
  maxInactivityDurationInitialDelay?: number
  /** Bytes; 104857600. */
  maxFrameSize?: number
  /** The host name that was connected to, for information. */
  host?: string | null
  /** For information. */
  providerName?: string | null
  providerVersion?: string | null
  platformDetails?: string | null
}

/** What a WireFormatInfo says: numbers that are missing are 0, flags false, texts null. */
export interface WireFormatProperties {
  readonly tightEncodingEnabled: boolean
  readonly cacheEnabled: boolean
  readonly cacheSize: number
  readonly sizePrefixDisabled: boolean
  readonly stackTraceEnabled: boolean
  readonly tcpNoDelayEnabled: boolean
  readonly maxInactivityDuration: number
  readonly maxInactivityDurationInitialDelay: number
  /** 0: no opinion. */
  readonly maxFrameSize: number
  readonly host: string | null
  readonly providerName: string | null
  readonly providerVersion: string | null
  readonly platformDetails: string | null
}

/** What both sides do from the next frame on. */
export interface Agreed extends WireFormatOptions {
  /** What the other side calls itself: `Millrace`, `ActiveMQ`; null when it does not say. */
  readonly peer: string | null
  /** Milliseconds; 0: nobody checks. */
  readonly maxInactivityDuration: number
  /** Milliseconds. */
  readonly maxInactivityDurationInitialDelay: number
  readonly tcpNoDelayEnabled: boolean
}

/** The most a size prefix can say. */
const FRAME_SIZE_MAX = 2_147_483_647

export function wireFormatInfo(offer: Offer = {}): WireFormatInfo {
  const { cacheSize = 1024, version = VERSION_MAX } = offer
  assert(cacheSize === 0 || cacheSize >= 100, `an offered cache size of ${cacheSize}`)
  assert(version >= VERSION_MIN && version <= VERSION_MAX, `an offered version of ${version}`)
  const map: PrimitiveMap = new Map()
  map.set('CacheEnabled', flag(offer.cacheEnabled ?? false))
  map.set('CacheSize', { tag: PrimitiveTag.Int, value: cacheSize })
  map.set('TightEncodingEnabled', flag(offer.tightEncodingEnabled ?? false))
  map.set('SizePrefixDisabled', flag(offer.sizePrefixDisabled ?? false))
  map.set('StackTraceEnabled', flag(offer.stackTraceEnabled ?? true))
  map.set('TcpNoDelayEnabled', flag(offer.tcpNoDelayEnabled ?? true))
  map.set('MaxInactivityDuration', long(offer.maxInactivityDuration ?? 30_000))
  // The name is misspelt on the wire.
  map.set('MaxInactivityDurationInitalDelay', long(offer.maxInactivityDurationInitialDelay ?? 10_000))
  map.set('MaxFrameSize', long(offer.maxFrameSize ?? 104_857_600))
  map.set('MaxFrameSizeEnabled', flag(true))
  setText(map, 'Host', offer.host ?? null)
  setText(map, 'ProviderName', offer.providerName ?? 'Millrace')
  setText(map, 'ProviderVersion', offer.providerVersion ?? null)
  setText(map, 'PlatformDetails', offer.platformDetails ?? 'Node.js')
  const info = new WireFormatInfo()
  info.magic = MAGIC
  info.version = version
  info.marshalledProperties = encodePrimitiveMap(map)
  return info
}

export function wireFormatProperties(info: WireFormatInfo): WireFormatProperties {
  const map = (info.marshalledProperties === null ? null : decodePrimitiveMap(info.marshalledProperties)) ?? new Map()
  return {
    tightEncodingEnabled: flagOf(map, 'TightEncodingEnabled'),
    cacheEnabled: flagOf(map, 'CacheEnabled'),
    cacheSize: numberOf(map, 'CacheSize'),
    sizePrefixDisabled: flagOf(map, 'SizePrefixDisabled'),
    stackTraceEnabled: flagOf(map, 'StackTraceEnabled'),
    tcpNoDelayEnabled: flagOf(map, 'TcpNoDelayEnabled'),
    maxInactivityDuration: numberOf(map, 'MaxInactivityDuration'),
    maxInactivityDurationInitialDelay: numberOf(map, 'MaxInactivityDurationInitalDelay'),
    maxFrameSize: numberOf(map, 'MaxFrameSize'),
    host: textOf(map, 'Host'),
    providerName: textOf(map, 'ProviderName'),
    providerVersion: textOf(map, 'ProviderVersion'),
    platformDetails: textOf(map, 'PlatformDetails'),
  }
}

/** Both sides compute the same from the two offers, so that nothing has to be confirmed. */
export function negotiate(local: WireFormatInfo, remote: WireFormatInfo): Agreed {
  if (!MAGIC.equals(remote.magic)) {
    throw new ProtocolError('NEGOTIATION_FAILED', `the peer says ${remote.magic.toString('hex')} instead of ActiveMQ`)
  }
  const version = Math.min(smaller(local.version, remote.version), VERSION_MAX)
  if (version < VERSION_MIN) throw new ProtocolError('NEGOTIATION_FAILED', `the peer offers version ${remote.version}`)
  const ours = wireFormatProperties(local)
  const theirs = wireFormatProperties(remote)
  const cacheEnabled = ours.cacheEnabled && theirs.cacheEnabled
  const cacheSize = cacheEnabled ? Math.min(ours.cacheSize, theirs.cacheSize) : 0
  if (cacheSize < 0) throw new ProtocolError('NEGOTIATION_FAILED', `the peer offers a cache of ${cacheSize} slots`)
  return {
    version,
    peer: theirs.providerName,
    cacheEnabled,
    cacheSize,
    tightEncodingEnabled: ours.tightEncodingEnabled && theirs.tightEncodingEnabled,
    sizePrefixDisabled: ours.sizePrefixDisabled && theirs.sizePrefixDisabled,
    stackTraceEnabled: ours.stackTraceEnabled && theirs.stackTraceEnabled,
    tcpNoDelayEnabled: ours.tcpNoDelayEnabled && theirs.tcpNoDelayEnabled,
    maxFrameSize: smaller(smaller(ours.maxFrameSize, theirs.maxFrameSize), FRAME_SIZE_MAX),
    maxInactivityDuration: Math.max(0, Math.min(ours.maxInactivityDuration, theirs.maxInactivityDuration)),
    maxInactivityDurationInitialDelay: Math.max(
      0,
      Math.min(ours.maxInactivityDurationInitialDelay, theirs.maxInactivityDurationInitialDelay),
    ),
  }
}

/** The smaller of the two, where 0 and less is no opinion. */
function smaller(one: number, other: number): number {
  if (one <= 0) return other
  return other <= 0 ? one : Math.min(one, other)
}

function flag(value: boolean): Primitive {
  return { tag: PrimitiveTag.Boolean, value }
}

function long(value: number): Primitive {
  return { tag: PrimitiveTag.Long, value: BigInt(value) }
}

function setText(map: PrimitiveMap, name: string, value: string | null): void {
  if (value !== null) map.set(name, { tag: PrimitiveTag.String, value })
}

function flagOf(map: PrimitiveMap, name: string): boolean {
  return map.get(name)?.value === true
}

/** Some peers send an int where others send a long. What is beyond 2^53 is as good as 2^53. */
function numberOf(map: PrimitiveMap, name: string): number {
  const value = map.get(name)?.value
  if (typeof value !== 'number' && typeof value !== 'bigint') return 0
  return Math.trunc(Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)))) || 0
}

function textOf(map: PrimitiveMap, name: string): string | null {
  const value = map.get(name)?.value
  return typeof value === 'string' ? value : null
}
