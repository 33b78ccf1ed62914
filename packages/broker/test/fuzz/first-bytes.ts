import { ByteWriter } from '@millrace/base'
import { initialFormat, wireFormatInfo } from '@millrace/openwire'
import { upgradeRequest } from '../net/web-socket-frames.ts'
import { type Chance, damaged } from './chance.ts'

/* What may come first on a port that takes everything: beginnings of every protocol that is known, and what is like them. */

function greeting(): Buffer {
  const writer = new ByteWriter()
  initialFormat().marshal(wireFormatInfo({}), writer)
  return Buffer.from(writer.take())
}

const OPENWIRE = greeting()
/** Of TLS 1.2, cut off in its random bytes: enough to be taken for one. */
const CLIENT_HELLO = Buffer.from(`1603010200010001fc0303${'5a'.repeat(32)}00`, 'hex')
const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'PATCH', 'DELETE', 'TRACE', 'BREW', 'get', 'CONNECT']

export function firstBytes(chance: Chance): Buffer {
  const bytes = beginning(chance)
  switch (chance.below(6)) {
    case 0:
      return bytes.subarray(0, chance.below(bytes.length + 1))
    case 1:
    case 2:
      return damaged(bytes, chance)
    case 3:
      return Buffer.concat([Buffer.from(chance.of(['\n', '\r\n', '\n'.repeat(70), ' ', '\0'])), bytes])
    default:
      return bytes
  }
}

function beginning(chance: Chance): Buffer {
  switch (chance.below(10)) {
    case 0:
      return OPENWIRE
    case 1:
      return Buffer.from(
        chance.of([
          'CONNECT\naccept-version:1.2\nhost:here\n\n\0',
          'STOMP\n\n\0',
          'CONNECTED\n\n\0',
          'STOM',
          'CONNECT\r\n',
        ]),
      )
    case 2:
      return Buffer.from(
        `${chance.of(METHODS)} /${'x'.repeat(chance.length(100))} HTTP/1.${chance.below(3)}\r\nHost: here\r\n\r\n`,
      )
    case 3:
      return Buffer.from(upgradeRequest(chance.of([null, 'v12.stomp', 'openwire', 'mqtt', 'v12.stomp, chat'])))
    case 4:
      return Buffer.concat([Buffer.from('AMQP'), Buffer.of(chance.of([0, 1, 3, 9])), Buffer.of(chance.below(3), 0, 0)])
    case 5: {
      const name = chance.of(['MQTT', 'MQIsdp', 'MQT', ''])
      const body = Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(chance.of([3, 4, 5, 255]))])
      const length = chance.of([[body.length], [0x80, 0x80, 0x80, 0x80, 1], [0xff, 0x7f], [0]])
      return Buffer.concat([Buffer.of(0x10, ...length), body])
    }
    case 6:
      // A handshake is dear to begin.
      return chance.oneIn(8) ? CLIENT_HELLO : Buffer.of(0x16)
    case 7:
      return Buffer.from(
        chance.of([
          'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n',
          '\r\n\r\n\0\r\nQUIT\n',
          'ARTEMIS',
          'HORNETQ',
          'PRI * HTTP/2.0\r\n\r\n',
        ]),
      )
    case 8:
      return Buffer.alloc(chance.length(200), chance.of(['\n', '\r\n', '\0', 'C', 'G', 'ActiveMQ']))
    default:
      return chance.bytes(chance.length(200))
  }
}
