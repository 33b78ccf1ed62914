// A process that stores messages until it is killed: it says which ones are safe, and which removals.
import { silentLogger, systemClock, systemTurn } from '@millrace/base'
import { openJournalStore } from '../../src/journal/journal-store.ts'
import { messageOf, Recovered } from '../../src/store/suite.ts'

const store = openJournalStore({
  directory: process.argv[2] as string,
  turn: systemTurn(),
  clock: systemClock,
  log: silentLogger,
  segmentSize: 1 << 20,
  snapshotSize: 1 << 20,
})
const recovered = new Recovered()
await store.open(recovered)
process.stdout.write('open\n')
const queue = store.queue('queue://A')
let key = recovered.keyLast
setInterval(() => store.tick(), 10)

function next(): void {
  const added = ++key
  queue.add(messageOf(added, 'c'.repeat(added % 3000)), added, {
    stored(error) {
      if (error !== null) throw error
      process.stdout.write(`added ${added}\n`)
      if (added % 3 === 0) {
        queue.remove(added - 2, {
          stored(failure) {
            if (failure !== null) throw failure
            process.stdout.write(`removed ${added - 2}\n`)
          },
        })
      }
      next()
    },
  })
}

for (let i = 0; i < 20; i++) next()
