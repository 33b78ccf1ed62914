import { LineClient, type StompVersion } from '../protocol/stomp/line-client.ts'
import type { Adapter, Peer } from './adapter.ts'
import type { Seen, Sent, Specimen, Value, Values } from './specimen.ts'

const TIME_TO_LIVE_MS = 3_600_000

/** What a message says of itself; everything else is a property. */
const HEADERS = new Set([
  'destination',
  'message-id',
  'subscription',
  'ack',
  'expires',
  'priority',
  'timestamp',
  'persistent',
  'redelivered',
  'correlation-id',
  'reply-to',
  'type',
  'JMSXGroupID',
  'JMSXGroupSeq',
  'content-length',
  'content-type',
])

/** `queue://A` -> `/queue/A` */
const toStomp = (destination: string): string => `/${destination.replace('://', '/')}`
const fromStomp = (name: string): string => name.slice(1).replace('/', '://')

export function stompAdapter(version: StompVersion): Adapter {
  return {
    name: `STOMP ${version}`,
    column: 'STOMP',
    canSend: (specimen) => canSend(version, specimen),
    open: async (service) => {
      const address = service.addresses.find((one) => one.startsWith('stomp:')) ?? ''
      return new StompPeer(await LineClient.connect(address, version))
    },
  }
}

function canSend(version: StompVersion, { kind, body, properties = {}, ...rest }: Specimen): boolean {
  if (kind === 'map') return Object.values(body).every(([type]) => TYPES_OF_JSON.has(type))
  if ((kind !== 'text' && kind !== 'bytes') || body === null) return false
  const { contentType = '', replyTo = '', correlationId = '', type = '', groupId = '' } = rest
  const texts = [contentType, replyTo, correlationId, type, groupId]
  for (const [name, value] of Object.entries(properties)) {
    if (value[0] !== 'string' || HEADERS.has(name)) return false
    // Before the first colon is the name.
    if (version === '1.0' && name.includes(':')) return false
    texts.push(name, value[1])
  }
  return texts.every((text) => canSay(version, text))
}

/** As a name or a value of a header. */
function canSay(version: StompVersion, text: string): boolean {
  if (text.includes('\0')) return false
  if (version === '1.0') return !/[\n\r]/.test(text) && text === text.trim()
  return version !== '1.1' || !text.endsWith('\r')
}

/** The types that the model's JSON has names for. */
const TYPES_OF_JSON = new Set(['boolean', 'byte', 'short', 'int', 'long', 'float', 'double', 'string', 'bytes'])

/** As the model writes a map: `{"map":{"entry":[{"string":"age","int":5}]}}` */
function mapJson(values: Values): string {
  const entries = Object.entries(values).map(([name, [type, value]]) => {
    const key = JSON.stringify(name)
    if (type === 'string') return `{"string":[${key},${JSON.stringify(value)}]}`
    const said = type === 'bytes' ? JSON.stringify(Buffer.from(value, 'hex').toString('base64')) : String(value)
    return `{"string":${key},"${type === 'bytes' ? 'byte-array' : type}":${said}}`
  })
  return `{"map":{"entry":[${entries.join(',')}]}}`
}

class StompPeer implements Peer {
  readonly #client: LineClient

  constructor(client: LineClient) {
    this.#client = client
  }

  async send(destination: string, specimen: Specimen): Promise<Sent> {
    const timestamp = Date.now()
    const expiration = specimen.expires === true ? timestamp + TIME_TO_LIVE_MS : 0
    const headers: Record<string, string> = { destination: toStomp(destination), timestamp: String(timestamp) }
    if (specimen.persistent ?? true) headers['persistent'] = 'true'
    if (expiration > 0) headers['expires'] = String(expiration)
    if (specimen.priority !== undefined) headers['priority'] = String(specimen.priority)
    if (specimen.replyTo !== undefined) headers['reply-to'] = toStomp(specimen.replyTo)
    if (specimen.correlationId !== undefined) headers['correlation-id'] = specimen.correlationId
    if (specimen.type !== undefined) headers['type'] = specimen.type
    if (specimen.contentType !== undefined) headers['content-type'] = specimen.contentType
    if (specimen.groupId !== undefined) {
      headers['JMSXGroupID'] = specimen.groupId
      headers['JMSXGroupSeq'] = String(specimen.groupSequence ?? 0)
    }
    for (const [name, value] of Object.entries(specimen.properties ?? {})) headers[name] = String(value[1])
    await this.#client.ask('SEND', headers, this.#body(specimen, headers))
    return { timestamp, expiration }
  }

  #body(specimen: Specimen, headers: Record<string, string>): Buffer {
    if (specimen.kind === 'map') {
      headers['transformation'] = 'jms-map-json'
      return Buffer.from(mapJson(specimen.body))
    }
    const bytes = Buffer.from(String(specimen.body), specimen.kind === 'bytes' ? 'hex' : 'utf8')
    if (specimen.kind === 'bytes') headers['content-length'] = String(bytes.length)
    else if (bytes.includes(0)) {
      headers['content-length'] = String(bytes.length)
      headers['amq-msg-type'] = 'text'
    }
    return bytes
  }

  async subscribe(destination: string): Promise<void> {
    await this.#client.ask('SUBSCRIBE', { destination: toStomp(destination), id: 's', ack: 'client' })
  }

  async read(): Promise<Seen> {
    const frame = await this.#client.message()
    await this.#client.settle('ACK', frame)
    const { headers, body } = frame
    const counted = headers['content-length'] !== undefined
    const properties: Record<string, Value> = {}
    for (const [name, value] of Object.entries(headers)) if (!HEADERS.has(name)) properties[name] = ['string', value]
    const replyTo = headers['reply-to']
    return {
      kind: counted ? 'bytes' : 'text',
      body: body.toString(counted ? 'hex' : 'utf8'),
      contentType: headers['content-type'] ?? null,
      properties,
      persistent: headers['persistent'] === 'true',
      priority: Number(headers['priority']),
      expiration: Number(headers['expires']),
      timestamp: Number(headers['timestamp']),
      replyTo: replyTo === undefined ? null : fromStomp(replyTo),
      correlationId: headers['correlation-id'] ?? null,
      type: headers['type'] ?? null,
      groupId: headers['JMSXGroupID'] ?? null,
      groupSequence: Number(headers['JMSXGroupSeq'] ?? 0),
    }
  }

  async close(): Promise<void> {
    await this.#client.leave()
  }
}
