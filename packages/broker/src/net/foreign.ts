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
/** `AMQP`, protocol id 0, version 1.0.0. [AMQP 1.0 §2.2] */
const AMQP_1_0 = Buffer.from('AMQP\0\u0001\0\0', 'latin1')

/**
 * Whoever proposes what is not spoken gets the header of what could be, and the connection is closed. Who speaks 1.0 without
 * SASL would take that for a yes, and gets an open and a close with the reason behind it.
 */
const amqp: Foreign = {
  name: 'AMQP',
  claims: (first) => {
    const claim = begins(first, AMQP)
    return claim === true && first.length < AMQP_1_0.length ? undefined : claim
  },
  refusal: (first) => {
    if (begins(first, AMQP_1_0) !== true) return AMQP_1_0
    const error = described(0x1d, symbol('amqp:not-implemented'), string('AMQP is not spoken here'))
    return Buffer.concat([AMQP_1_0, frame(described(0x10, string('millrace'))), frame(described(0x18, error))])
  },
}

/** `size 4 | 02 | 00 | channel 2`, then the body. [AMQP 1.0 §2.3.1] */
function frame(body: Buffer): Buffer {
  const head = Buffer.from([0, 0, 0, 8 + body.length, 2, 0, 0, 0])
  return Buffer.concat([head, body])
}

/** A list behind the code of its type, both less than 256 bytes. [AMQP 1.0 §1.6.22] */
function described(code: number, ...fields: readonly Buffer[]): Buffer {
  const content = Buffer.concat(fields)
  return Buffer.concat([Buffer.from([0x00, 0x53, code, 0xc0, content.length + 1, fields.length]), content])
}

function string(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xa1, text.length]), Buffer.from(text)])
}

function symbol(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xa3, text.length]), Buffer.from(text)])
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
