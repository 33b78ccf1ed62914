import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf, safely } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { openStore } from './harness.ts'

// The simulator: a message of one branch for two queues, a crash, and the key of its second copy was given out again.
test('after a crash no key of a prepared branch is given out again, also of a message for several queues', async () => {
  const disk = new FaultDisk()
  const { store } = await openStore(disk)
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  const message = messageOf(1)
  const operations = ['queue://A', 'queue://B'].map((name, i) => {
    return { kind: 'add', queue: store.queue(name), message, key: 41 + i } as const
  })
  await safely((waiter) => store.prepare(xid, operations, waiter))
  const { recovered } = await openStore(disk.kill())
  assert.equal(recovered.keyLast, 42)
})
