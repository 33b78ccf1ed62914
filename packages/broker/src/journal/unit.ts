import type { Message } from '../message/message.ts'
import type { Xid } from '../message/xid.ts'
import type { FillingBatch } from './appender.ts'
import type { BranchOperation } from './catalog.ts'
import {
  ADD_SHARED_SIZE,
  addSizeMax,
  beginRecord,
  endRecord,
  REMOVE_SIZE,
  RecordType,
  SHARES_MAX,
  writeAdd,
  writeAddShared,
  writeRemove,
  writeXid,
} from './record.ts'

/** The most bytes that the records of these steps can take. */
export function sizeMaxOf(steps: readonly BranchOperation[]): number {
  let size = 0
  const seen = new Set<Message>()
  for (const step of steps) {
    if (step.kind === 'remove') size += REMOVE_SIZE
    else if (seen.has(step.message)) size += ADD_SHARED_SIZE
    else {
      seen.add(step.message)
      size += addSizeMax(step.message)
    }
  }
  return size
}

export function xidSizeMax(xid: Xid): number {
  return 6 + xid.globalTransactionId.length + xid.branchQualifier.length
}

/**
 * Writes the adds of the steps; `done` is told where, and writes the removals itself. A message that comes again is
 * written as a reference to the first.
 */
export function writeSteps(
  batch: FillingBatch,
  steps: readonly BranchOperation[],
  done: (step: BranchOperation, offset: number, length: number, shares: number) => void,
): void {
  const shares = new Map<Message, number>()
  for (const step of steps) {
    if (step.kind === 'add') shares.set(step.message, (shares.get(step.message) ?? 0) + 1)
  }
  const written = new Map<Message, { offset: number; length: number }>()
  for (const step of steps) {
    const at = batch.offset
    if (step.kind === 'remove') {
      done(step, at, 0, 0)
      continue
    }
    const count = Math.min(shares.get(step.message) ?? 1, SHARES_MAX)
    const first = written.get(step.message)
    if (first === undefined) {
      writeAdd(batch.writer, step.queue.id, step.key, 0, count, step.message)
      const length = batch.offset - at
      written.set(step.message, { offset: at, length })
      done(step, at, length, count)
    } else {
      writeAddShared(batch.writer, step.queue.id, step.key, 0, count, at - first.offset)
      done(step, first.offset, first.length, count)
    }
  }
}

export function writePrepare(
  batch: FillingBatch,
  xid: Xid,
  steps: readonly BranchOperation[],
): { offset: number; length: number } {
  const offset = batch.offset
  const at = beginRecord(batch.writer, RecordType.Prepare)
  writeXid(batch.writer, xid)
  writeSteps(batch, steps, (step) => {
    if (step.kind === 'remove') writeRemove(batch.writer, step.queue.id, step.key, 0)
  })
  endRecord(batch.writer, at)
  return { offset, length: batch.offset - offset }
}
