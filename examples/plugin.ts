/** A broker with a plugin of its own: it takes no order without a customer, and says how many it took. Usage: node plugin.js */
import { ConnectionFactory } from '@millrace/client'
import { BrokerService, MillraceError, type Plugin, property } from 'millrace'

function customers(): Plugin {
  let taken = 0
  return {
    name: 'customers',
    sending(_producer, message) {
      if (message.destination.text !== 'queue://ORDERS') return
      if (property(message, 'customer') !== null) return
      throw new MillraceError('MESSAGE_REFUSED', 'an order names its customer')
    },
    sent(_producer, message, error) {
      if (error === null && message.destination.text === 'queue://ORDERS') taken++
    },
    stop() {
      console.log(`${taken} order taken`)
    },
  }
}

const service = new BrokerService({ memory: true, vmName: 'plugged', plugins: [customers()] })
await service.start()

const connection = await new ConnectionFactory('vm://plugged').createConnection()
const session = await connection.createSession()
const producer = await session.createProducer(session.createQueue('ORDERS'))
const order = session.createTextMessage('a wheel')
await producer.send(order).catch((error: Error) => console.log(error.message))
order.setStringProperty('customer', 'Ann')
await producer.send(order)
await connection.close()
await service.stop()
