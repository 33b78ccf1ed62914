import { describe, it } from 'node:test'
import { systemTurn } from '@millrace/base'
import { MemoryStore } from '../../src/store/memory.ts'
import { type Harness, Recovered, storeSuite } from '../../src/store/suite.ts'

describe('memory store', () => {
  storeSuite(it, async (): Promise<Harness> => {
    const store = new MemoryStore(systemTurn())
    const recovered = new Recovered()
    await store.open(recovered)
    return { store, recovered, reopen: null, end: () => store.close() }
  })
})
