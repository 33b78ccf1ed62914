import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, type Invariant } from './check.ts'
import { Ledger, type LedgerEvent } from './ledger.ts'

/** Writes ledgers, true and false ones. A message `a3` is what producer `a` sent third. */
class Story {
  readonly #ledger = new Ledger()

  get events(): readonly LedgerEvent[] {
    return this.#ledger.events
  }

  send(
    id: string,
    options: { to?: string[]; transaction?: string; logical?: string; persistent?: boolean } = {},
  ): this {
    this.#ledger.write({
      kind: 'send',
      id,
      logical: options.logical ?? id,
      producer: id.slice(0, 1),
      sequence: Number(id.slice(1)),
      endpoints: options.to ?? ['Q'],
      hash: `#${id}`,
      persistent: options.persistent ?? true,
      transaction: options.transaction ?? null,
    })
    return this
  }

  sent(id: string, options: Parameters<Story['send']>[1] = {}): this {
    this.send(id, options)
    this.#ledger.write({ kind: 'sent', id })
    return this
  }

  refused(id: string): this {
    this.send(id)
    this.#ledger.write({ kind: 'refused', id })
    return this
  }

  received(
    id: string,
    options: { at?: string; by?: string; life?: number; hash?: string; redelivered?: boolean } = {},
  ): number {
    return this.#ledger.received({
      id,
      endpoint: options.at ?? 'Q',
      consumer: options.by ?? 'c',
      life: options.life ?? 1,
      hash: options.hash ?? `#${id}`,
      redelivered: options.redelivered ?? false,
    })
  }

  /** Received, acknowledged, confirmed. */
  consumed(id: string, options: Parameters<Story['received']>[1] = {}): this {
    return this.acknowledged(this.received(id, options))
  }

  acknowledge(delivery: number, transaction: string | null = null): this {
    this.#ledger.write({ kind: 'acknowledge', delivery, transaction })
    return this
  }

  acknowledged(delivery: number): this {
    this.acknowledge(delivery)
    this.#ledger.write({ kind: 'acknowledged', delivery })
    return this
  }

  released(delivery: number): this {
    this.#ledger.write({ kind: 'released', delivery })
    return this
  }

  commit(transaction: string): this {
    this.#ledger.write({ kind: 'commit', transaction })
    return this
  }

  committed(transaction: string): this {
    this.commit(transaction)
    this.#ledger.write({ kind: 'committed', transaction })
    return this
  }

  rolledBack(transaction: string): this {
    this.#ledger.write({ kind: 'rolled-back', transaction })
    return this
  }

  finds(...expected: readonly (readonly [Invariant, RegExp])[]): void {
    const findings = check(this.events)
    assert.deepEqual(
      findings.map((finding) => finding.invariant),
      expected.map(([invariant]) => invariant),
      findings.map((finding) => `${finding.invariant} ${finding.text}`).join('\n'),
    )
    for (const [index, [, text]] of expected.entries()) assert.match(findings[index]?.text ?? '', text)
  }
}

test('a run in which all went well has no findings', () => {
  new Story().sent('a1').sent('a2').consumed('a1').consumed('a2').finds()
})

test('I1: a confirmed message that never came is lost', () => {
  new Story()
    .sent('a1')
    .sent('a2')
    .consumed('a2')
    .finds(['I1', /a1 was confirmed, but never came out of Q/])
})

test('I1: a message confirmed to two endpoints has to come out of both', () => {
  const story = new Story().sent('a1', { to: ['Q', 'durable'] }).consumed('a1')
  story.finds(['I1', /never came out of durable/])
  story.consumed('a1', { at: 'durable' }).finds()
})

test('I1: a message that was delivered but not acknowledged must come again', () => {
  const story = new Story().sent('a1')
  story.released(story.received('a1')).finds(['I1', /not consumed, but is gone from Q/])
  story.consumed('a1', { life: 2 }).finds()
})

test('I1: an earlier acknowledgement that did not happen does not explain a later loss', () => {
  const story = new Story().sent('a1')
  const first = story.received('a1')
  story.acknowledge(first).released(first)
  story.released(story.received('a1', { life: 2 })).finds(['I1', /gone/])
})

test('I1: a message whose acknowledgement was rolled back must come again', () => {
  const story = new Story().sent('a1')
  const delivery = story.received('a1')
  story.acknowledge(delivery, 't1').rolledBack('t1').released(delivery).finds(['I1', /gone/])
})

test('I1: an acknowledgement in a transaction that was never committed explains nothing', () => {
  const story = new Story().sent('a1')
  const delivery = story.received('a1')
  story.acknowledge(delivery, 't1').released(delivery).finds(['I1', /gone/])
})

test('I1: a message of a committed transaction that never came is lost', () => {
  new Story().send('a1', { transaction: 't1' }).committed('t1').finds(['I1', /a1/])
})

test('I1: what was not persistent, or has no receipt, may be gone', () => {
  new Story().sent('a1', { persistent: false }).send('a2').finds()
})

test('I1: an acknowledgement without confirmation explains that a message does not come again, and that it does', () => {
  const story = new Story().sent('a1')
  const delivery = story.received('a1')
  story.acknowledge(delivery).released(delivery).finds()
  story.consumed('a1', { life: 2 }).finds()
})

test('I2: what was acknowledged and confirmed must not come again, even marked', () => {
  new Story()
    .sent('a1')
    .consumed('a1')
    .consumed('a1', { life: 2, redelivered: true })
    .finds(['I2', /a1 from Q to c: its acknowledgement by c had been confirmed/])
})

test('I2: what was acknowledged in a committed transaction must not come again', () => {
  const story = new Story().sent('a1')
  story.acknowledge(story.received('a1'), 't1').committed('t1').finds()
  story.consumed('a1', { life: 2 }).finds(['I2', /a1/])
})

test('I3: a message must not be with two consumers at once', () => {
  const story = new Story().sent('a1')
  const first = story.received('a1', { by: 'c' })
  story
    .consumed('a1', { by: 'd', redelivered: true })
    .released(first)
    .finds(['I3', /c still had it/])
})

test('I3: what comes again in the same life of the broker is marked redelivered', () => {
  const story = new Story().sent('a1')
  story.released(story.received('a1'))
  story.consumed('a1').finds(['I3', /not marked redelivered/])
})

test('I3: what comes again marked, or from another life of the broker, is explained', () => {
  const story = new Story().sent('a1')
  story.released(story.received('a1'))
  story.released(story.received('a1', { redelivered: true }))
  story.consumed('a1', { life: 2 }).finds()
})

test('I3: a second copy is explained only by a first attempt without outcome', () => {
  const explained = new Story().send('a1', { logical: 'x' }).sent('a2', { logical: 'x' })
  explained.consumed('a1').consumed('a2').finds()
  const unexplained = new Story().sent('a1', { logical: 'x' }).sent('a2', { logical: 'x' })
  unexplained
    .consumed('a1')
    .consumed('a2')
    .finds(['I3', /x arrived 2 times, although a1 was confirmed/])
})

test('I4: a consumer gets what one producer sent in that order', () => {
  new Story()
    .sent('a1')
    .sent('a2')
    .sent('b1')
    .consumed('a2')
    .consumed('b1')
    .consumed('a1')
    .finds(['I4', /c got a1 after a2, which a had sent later/])
})

test('I4: redeliveries and other consumers have their own order', () => {
  const story = new Story().sent('a1').sent('a2').sent('a3')
  const first = story.received('a1')
  story.consumed('a3', { by: 'd' }).consumed('a2').released(first)
  story.consumed('a1', { redelivered: true }).finds()
})

test('I5: a message that arrives changed is seen', () => {
  new Story()
    .sent('a1')
    .consumed('a1', { hash: '#other' })
    .finds(['I5', /not what was sent/])
})

test('I6: a message that nobody sent is seen', () => {
  new Story().consumed('z9').finds(['I6', /nobody sent it/])
})

test('I6: a message at a place it was not sent to is seen', () => {
  new Story()
    .sent('a1')
    .consumed('a1')
    .consumed('a1', { at: 'R' })
    .finds(['I6', /not sent there/])
})

test('I6: what was refused must not arrive', () => {
  new Story()
    .refused('a1')
    .consumed('a1')
    .finds(['I6', /refused or rolled back/])
})

test('I6: what was rolled back or never committed must not arrive', () => {
  const rolledBack = new Story().send('a1', { transaction: 't1' }).rolledBack('t1')
  rolledBack.finds()
  rolledBack.consumed('a1').finds(['I6', /refused or rolled back/])
  const open = new Story().send('a1', { transaction: 't1' })
  open.finds()
  open.consumed('a1').finds(['I6', /refused or rolled back/])
})

test('I6: a transaction of unknown outcome happened as a whole or not at all', () => {
  const begun = (): Story =>
    new Story()
      .send('a1', { transaction: 't' })
      .send('a2', { to: ['R'], transaction: 't' })
      .commit('t')
  begun().finds()
  begun().consumed('a1').consumed('a2', { at: 'R' }).finds()
  begun()
    .consumed('a1')
    .finds(['I6', /t happened in part: a1 to Q did, a2 to R did not/])
})

test('I6: the acknowledgements of a transaction share the fate of its sends', () => {
  const begun = (): Story => {
    const story = new Story().sent('a1').send('b1', { to: ['R'], transaction: 't' })
    const delivery = story.received('a1')
    return story.acknowledge(delivery, 't').commit('t').released(delivery)
  }
  begun().consumed('b1', { at: 'R' }).finds()
  begun().consumed('a1', { life: 2 }).finds()
  begun().finds(['I6', /the acknowledgement of a1 at Q did, b1 to R did not/])
  const both = begun().consumed('a1', { life: 2 }).consumed('b1', { at: 'R' })
  both.finds(['I6', /b1 to R did, the acknowledgement of a1 at Q did not/])
})

test('every invariant has a ledger that breaks it', () => {
  // The names of the tests above are the list; this keeps it complete.
  const broken: readonly (readonly [Invariant, Story])[] = [
    ['I1', new Story().sent('a1')],
    ['I2', new Story().sent('a1').consumed('a1').consumed('a1')],
    ['I3', new Story().sent('a1', { logical: 'x' }).sent('a2', { logical: 'x' }).consumed('a1').consumed('a2')],
    ['I4', new Story().sent('a1').sent('a2').consumed('a2').consumed('a1')],
    ['I5', new Story().sent('a1').consumed('a1', { hash: '' })],
    ['I6', new Story().consumed('a1')],
  ]
  for (const [invariant, story] of broken)
    assert.deepEqual(
      check(story.events).map((one) => one.invariant),
      [invariant],
    )
})
