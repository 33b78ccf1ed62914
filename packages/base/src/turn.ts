export interface Task {
  /** Owned by the turn: true while the task waits to be run. */
  queued: boolean
  run(): void
}

/**
 * A turn is everything that follows from one outside event. Work put off during a turn runs at its end: first what may
 * cause more work (dispatch, the journal), then what only goes out (one write per connection), until nothing is left.
 */
export class Turn {
  readonly #schedule: (end: () => void) => void
  readonly #work: Task[] = []
  readonly #output: Task[] = []
  #later: Task[] = []
  #scheduled = false

  /** `schedule` is setImmediate in production and the simulator's own step in tests. */
  constructor(schedule: (end: () => void) => void) {
    this.#schedule = schedule
  }

  work(task: Task): void {
    this.#put(this.#work, task)
  }

  output(task: Task): void {
    this.#put(this.#output, task)
  }

  /** The rest of what is too much for one turn: runs in the next, after the sockets were served. */
  later(task: Task): void {
    this.#put(this.#later, task)
  }

  #put(list: Task[], task: Task): void {
    if (task.queued) return
    task.queued = true
    list.push(task)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule(this.#end)
  }

  readonly #end = (): void => {
    while (this.#work.length > 0 || this.#output.length > 0) {
      runAll(this.#work)
      runAll(this.#output)
    }
    this.#scheduled = false
    const later = this.#later
    if (later.length === 0) return
    this.#later = []
    for (const task of later) {
      task.queued = false
      this.work(task)
    }
  }
}

/** A task may put more on the list while it is walked. */
function runAll(tasks: Task[]): void {
  for (let i = 0; i < tasks.length; i++) {
    const task = tasks[i] as Task
    task.queued = false
    task.run()
  }
  tasks.length = 0
}
