import type { Connector } from '../../src/net/connector.ts'
import type { TlsGate } from '../../src/net/tls.ts'
import type { Protocol } from '../../src/protocol/protocol.ts'

const MESSAGE_BYTES_MAX = 1024 * 1024

/** An address where HTTP may come, with WebSockets in it. `httpOnly`: nothing else may. */
export function connectorOf(
  text: string,
  protocols: readonly Protocol[],
  tls: TlsGate | null,
  httpOnly: boolean,
): Connector {
  const names = protocols.map((protocol) => (protocol.name === 'stomp' ? ['v12.stomp', 'v11.stomp'] : [protocol.name]))
  const subProtocols = new Map(
    protocols.flatMap((protocol, i) =>
      (names[i] ?? []).map((name) => [name, { protocol, text: protocol.name === 'stomp' }] as const),
    ),
  )
  const rules = { subProtocols, allowedOrigins: [], messageBytesMax: MESSAGE_BYTES_MAX, loopback: true }
  const door = { tls, tlsFirst: false, httpOnly, rules, detectionMsMax: 30_000 }
  return { text, protocols, connectionsMax: Number.POSITIVE_INFINITY, door }
}
