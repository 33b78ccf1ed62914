import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Frames } from '../src/frames.ts'

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length)
  bytes.writeInt32BE(text.length)
  bytes.write(text, 4, 'latin1')
  return bytes
}

test('frames come out whole, however the chunks are cut', () => {
  const whole = ['a', 'bb', '', 'dddddddddd', 'e'].map(frame)
  const bytes = Buffer.concat(whole)
  for (let size = 1; size <= bytes.length; size++) {
    const frames = new Frames()
    const found: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) found.push(...frames.take(bytes.subarray(at, at + size)))
    assert.deepEqual(found, whole, `in chunks of ${size} bytes`)
  }
})
