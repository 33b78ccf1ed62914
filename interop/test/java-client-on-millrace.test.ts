/** Unmodified Java clients of both generations, on Millrace with its journal and without. */
import { after } from 'node:test'
import { behaviours } from '../src/behaviours.ts'
import { startMillrace } from '../src/millrace.ts'
import { javaParty } from '../src/remote.ts'

const [journal, memory] = [await startMillrace(), await startMillrace({ memory: true })]
const [five, six] = [await javaParty(5), await javaParty(6)]
after(async () => {
  for (const closing of [five.close(), six.close(), journal.stop(), memory.stop()]) await closing
})

behaviours(`${five.name} on ${journal.name}`, async () => ({ party: five, url: journal.url }))
behaviours(`${six.name} on ${journal.name} in memory`, async () => ({ party: six, url: memory.url }))
