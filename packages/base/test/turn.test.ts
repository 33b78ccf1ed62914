import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemTurn } from '../src/system.ts'
import { type Task, Turn } from '../src/turn.ts'

/** A turn whose end comes when the test says so. */
class Steps {
  readonly ends: (() => void)[] = []
  readonly log: string[] = []
  readonly turn: Turn = new Turn((end) => this.ends.push(end))

  task(name: string, then: () => void = () => {}): Task {
    const run = (): void => {
      this.log.push(name)
      then()
    }
    return { queued: false, run }
  }

  end(): void {
    const end = this.ends.shift()
    assert.ok(end !== undefined, 'a turn is under way')
    end()
  }
}

test('work runs before output, each in the order in which it was asked for', () => {
  const steps = new Steps()
  steps.turn.output(steps.task('output 1'))
  steps.turn.work(steps.task('work 1'))
  steps.turn.output(steps.task('output 2'))
  steps.turn.work(steps.task('work 2'))
  assert.deepEqual(steps.log, [])
  steps.end()
  assert.deepEqual(steps.log, ['work 1', 'work 2', 'output 1', 'output 2'])
})

test('one end is scheduled per turn, however much is asked for', () => {
  const steps = new Steps()
  for (let i = 0; i < 10; i++) steps.turn.work(steps.task('work', () => steps.turn.output(steps.task('output'))))
  assert.equal(steps.ends.length, 1)
  steps.end()
  assert.equal(steps.ends.length, 0)
  steps.turn.work(steps.task('next'))
  assert.equal(steps.ends.length, 1)
})

test('a task asked for twice runs once', () => {
  const steps = new Steps()
  const task = steps.task('work')
  steps.turn.work(task)
  steps.turn.work(task)
  assert.equal(task.queued, true)
  steps.end()
  assert.equal(task.queued, false)
  assert.deepEqual(steps.log, ['work'])
})

test('work asked for by work runs before output, in the same turn', () => {
  const steps = new Steps()
  steps.turn.output(steps.task('output'))
  steps.turn.work(steps.task('first', () => steps.turn.work(steps.task('second'))))
  steps.end()
  assert.deepEqual(steps.log, ['first', 'second', 'output'])
})

test('work asked for by output runs in the same turn, before the output that it causes', () => {
  const steps = new Steps()
  const later = steps.task('later', () => steps.turn.output(steps.task('last output')))
  steps.turn.output(steps.task('output 1', () => steps.turn.work(later)))
  steps.turn.output(steps.task('output 2'))
  steps.end()
  assert.deepEqual(steps.log, ['output 1', 'output 2', 'later', 'last output'])
  assert.equal(steps.ends.length, 0)
})

test('a task may ask for itself again while it runs', () => {
  const steps = new Steps()
  let left = 3
  const task: Task = steps.task('work', () => {
    if (--left > 0) steps.turn.work(task)
  })
  steps.turn.work(task)
  steps.end()
  assert.deepEqual(steps.log, ['work', 'work', 'work'])
})

test('what is put off until later runs in the next turn, so that others get theirs', () => {
  const steps = new Steps()
  const rest = steps.task('rest')
  steps.turn.work(steps.task('work', () => steps.turn.later(rest)))
  steps.turn.output(steps.task('output'))
  steps.end()
  assert.deepEqual(steps.log, ['work', 'output'])
  assert.equal(rest.queued, true)
  assert.equal(steps.ends.length, 1)
  steps.turn.later(rest)
  steps.end()
  assert.deepEqual(steps.log, ['work', 'output', 'rest'])
  assert.equal(rest.queued, false)
  assert.equal(steps.ends.length, 0)
})

test('a task that always has more takes one turn at a time', () => {
  const steps = new Steps()
  const endless: Task = steps.task('work', () => steps.turn.later(endless))
  steps.turn.work(endless)
  for (let turns = 1; turns <= 3; turns++) {
    steps.end()
    assert.equal(steps.log.length, turns)
    assert.equal(steps.ends.length, 1)
  }
})

test('the turn of the system ends after what is running now', async () => {
  const log: string[] = []
  await new Promise<void>((resolve) => {
    const turn = systemTurn()
    turn.output({ queued: false, run: resolve })
    turn.work({ queued: false, run: () => log.push('work') })
    log.push('asked')
  })
  assert.deepEqual(log, ['asked', 'work'])
})
