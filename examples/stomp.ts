/** What a STOMP client sends an OpenWire client receives, and the other way round. Usage: node stomp.js */
import { connect } from 'node:net'
import { ConnectionFactory, TextMessage } from '@millrace/client'
import { BrokerService } from 'millrace'

const service = new BrokerService({
  memory: true,
  listen: ['stomp://127.0.0.1:0', 'openwire://127.0.0.1:0'],
})
await service.start()
const [stomp = '', openwire = ''] = service.addresses

const factory = new ConnectionFactory(openwire.replace('openwire:', 'tcp:'))
const connection = await factory.createConnection()
await connection.start()
const session = await connection.createSession()
const orders = await session.createConsumer(session.createQueue('ORDERS'))

// Any STOMP library will do; the frames are short enough to be written by hand.
const socket = connect(Number(new URL(stomp).port), '127.0.0.1')
socket.write('CONNECT\naccept-version:1.2\nhost:localhost\n\n\0')
socket.write('SUBSCRIBE\nid:1\ndestination:/queue/BILLS\n\n\0')
socket.write('SEND\ndestination:/queue/ORDERS\nreply-to:/queue/BILLS\npersistent:true\n\na wheel\0')

const order = await orders.receive(5000)
if (order instanceof TextMessage && order.jmsReplyTo !== null) {
  const bills = await session.createProducer(order.jmsReplyTo)
  await bills.send(session.createTextMessage(`${order.text}: 7.50`))
}

let received = ''
for await (const chunk of socket.setEncoding('utf8')) {
  received += chunk as string
  if (received.includes('7.50\0')) break
}
console.log(received.slice(received.lastIndexOf('\n\n') + 2, received.lastIndexOf('\0')))

await connection.close()
await service.stop()
