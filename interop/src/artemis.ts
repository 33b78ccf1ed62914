import { startJavaBroker } from './activemq.ts'
import type { BrokerPlace, RunningBroker } from './broker.ts'

/** Starts a real ActiveMQ Artemis that speaks OpenWire. */
export function startArtemis(options: BrokerPlace = {}): Promise<RunningBroker> {
  return startJavaBroker(
    { project: 'brokerArtemis', main: 'Artemis', product: 'ActiveMQ Artemis', system: 'ActiveMQ Artemis' },
    options,
  )
}
