/*
 * Protocols that are recognised although they are not spoken here, so that who speaks them is told in its own words.
 */

export interface Foreign {
  readonly name: string
  /** Looks at the first bytes of a connection: mine, not mine, or not enough yet. */
  claims(first: Buffer): boolean | undefined
  /** The last words, for what `claims` was true of. */
  refusal(first: Buffer): Buffer
}

const AMQP = Buffer.from('AMQP')

/** Whoever proposes a version that is not spoken gets one that is, and the connection is closed. [AMQP 1.0 §2.2] */
const amqp: Foreign = {
  name: 'AMQP',
  claims: (first) => begins(first, AMQP),
  refusal: () => Buffer.from('AMQP\0\u0001\0\0', 'latin1'),
}

/** After the name of the protocol and its length. [MQTT-3.1.2] */
interface MqttConnect {
  readonly level: number
}

const mqtt: Foreign = {
  name: 'MQTT',
  claims: (first) => {
    const connect = mqttConnect(first)
    return connect === undefined || connect === false ? connect : true
  },
  refusal: (first) => {
    const connect = mqttConnect(first)
    const level = connect === undefined || connect === false ? 4 : connect.level
    // CONNACK: unsupported protocol version, as 5.0 says it and as the older ones do. [MQTT5 §3.2.2.2, MQTT-3.2.2-5]
    return Buffer.from(level >= 5 ? [0x20, 0x03, 0x00, 0x84, 0x00] : [0x20, 0x02, 0x00, 0x01])
  },
}

/**
 * ```
 * 10 | remaining length 1..4 | 00 04 'MQTT' or 00 06 'MQIsdp' | level 1
 * ```
 */
function mqttConnect(first: Buffer): MqttConnect | false | undefined {
  if (first.length === 0) return undefined
  if (first[0] !== 0x10) return false
  let at = 1
  for (;;) {
    const byte = first[at++]
    if (byte === undefined) return undefined
    if (byte < 0x80) break
    if (at > 4) return false
  }
  const rest = first.subarray(at)
  for (const name of ['\0\u0004MQTT', '\0\u0006MQIsdp']) {
    const mark = Buffer.from(name, 'latin1')
    const claim = begins(rest, mark)
    if (claim === false) continue
    const level = rest[mark.length]
    return claim === undefined || level === undefined ? undefined : { level }
  }
  return false
}

/** Whether `first` begins with `mark`. Undefined: as far as it is there. */
export function begins(first: Buffer, mark: Buffer): boolean | undefined {
  const length = Math.min(first.length, mark.length)
  if (first.compare(mark, 0, length, 0, length) !== 0) return false
  return length === mark.length ? true : undefined
}

export const FOREIGN: readonly Foreign[] = [amqp, mqtt]
