/** The same with Java clients of both generations, and with ours, on Millrace. */
import { after } from 'node:test'
import { furnishedBehaviours } from '../src/furnished-behaviours.ts'
import { startMillrace } from '../src/millrace.ts'
import { nativeParty } from '../src/native.ts'
import { javaParty } from '../src/remote.ts'

const broker = await startMillrace({ furnished: true })
const parties = [await javaParty(5), await javaParty(6), nativeParty()]
after(async () => {
  for (const party of parties) await party.close()
  await broker.stop()
})

for (const party of parties) {
  const java = party.name.startsWith('Java')
  furnishedBehaviours(`${party.name} on ${broker.name}`, async () => ({ party, url: broker.url }), java)
}
