import assert from 'node:assert/strict'
import { it } from 'node:test'
import { seededRandom } from '@millrace/base'
import { mayConcern } from '../../../src/core/schedule/properties.ts'

it('the quick look finds the names of the scheduler wherever they stand, and only these (seed 5)', () => {
  const random = seededRandom(5)
  for (let i = 0; i < 5000; i++) {
    const bytes = Buffer.from(Array.from({ length: random(60) }, () => 'AMQ_SCHED'.charCodeAt(random(9))))
    if (random(2) === 0 && bytes.length > 9) bytes.write('AMQ_SCHED', random(bytes.length - 8), 'latin1')
    assert.equal(mayConcern(bytes), bytes.includes('AMQ_SCHED', 0, 'latin1'), bytes.toString())
  }
  for (const text of ['', 'AMQ_SCHE', 'AMQ_SCHED', 'xAMQ_SCHEDULED_DELAY']) {
    assert.equal(mayConcern(Buffer.from(text)), text.includes('AMQ_SCHED'), text)
  }
})
