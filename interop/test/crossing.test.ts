/** Messages of every kind between the Java clients and ours, both ways, through Millrace and through real brokers. */
import { after } from 'node:test'
import { startActiveMq } from '../src/activemq.ts'
import { crossing } from '../src/crossing.ts'
import { startMillrace } from '../src/millrace.ts'
import { nativeParty } from '../src/native.ts'
import { javaParty } from '../src/remote.ts'

const brokers = [await startMillrace(), await startActiveMq(5), await startActiveMq(6)]
const [ours, five, six] = [nativeParty(), await javaParty(5), await javaParty(6)]
after(async () => {
  for (const party of [ours, five, six]) await party.close()
  for (const broker of brokers) await broker.stop()
})

for (const { url, name: through } of brokers) {
  for (const java of [five, six]) {
    crossing({ from: java, to: ours, url, through })
    crossing({ from: ours, to: java, url, through })
  }
}
