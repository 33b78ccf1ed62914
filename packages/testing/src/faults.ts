import { type Clock, type Code, MillraceError } from '@millrace/base'
import type { CommandKind } from './command-kind.ts'
import { type Duration, milliseconds } from './duration.ts'

/** Which of the commands a fault meets. */
export interface FaultOptions {
  /** Which one it strikes, counted over all links from now on; 1 is the next. Default: 1. */
  readonly nth?: number
}

/** Where a line is cut. */
export interface CutOptions extends FaultOptions {
  /**
   * `before`: the broker never gets the command (the client never gets the dispatch). `beforeAnswer`: the broker does
   * what it says, but the client does not hear of it. `afterAnswer`: the client heard of it. A command that asks for no
   * answer is cut behind itself in both cases. Default: `beforeAnswer`.
   */
  readonly at?: 'before' | 'beforeAnswer' | 'afterAnswer'
}

/** What is kept back, and for how long. */
export interface DelayOptions extends FaultOptions {
  /** For how long; without it until `release()`. */
  readonly by?: Duration
}

/** What a refused command is answered with. */
export interface RefuseOptions extends FaultOptions {
  /** Default: `NOT_AUTHORIZED`. */
  readonly code?: Code
  /** What the client reads. */
  readonly message?: string
}

/** What the broker and its clients can be made to go through; 'dispatch' is a message on its way to a consumer. */
export type FaultPoint = CommandKind | 'dispatch'

type What = 'cut' | 'delay' | 'duplicate' | 'refuse'

/** A fault that was asked for. It strikes once. */
export class Fault {
  readonly what: What
  readonly point: FaultPoint
  /** Resolves when it has struck. */
  readonly happened: Promise<void>
  /** For this package, like everything below. */
  readonly at: 'before' | 'beforeAnswer' | 'afterAnswer'
  readonly delayMs: number
  readonly error: MillraceError | null
  /** What a delay holds back; null: it holds nothing, or no more. */
  onRelease: (() => void) | null = null
  #left: number
  #released = false
  #struck: () => void = () => {}

  constructor(what: What, point: FaultPoint, nth: number, details: FaultDetails = {}) {
    if (!Number.isSafeInteger(nth) || nth < 1) {
      throw new MillraceError('CONFIGURATION_INVALID', `nth is ${nth}, expected a whole number from 1`)
    }
    this.what = what
    this.point = point
    this.at = details.at ?? 'before'
    this.delayMs = details.delayMs ?? Number.POSITIVE_INFINITY
    this.error = details.error ?? null
    this.#left = nth
    this.happened = new Promise((resolve) => {
      this.#struck = resolve
    })
  }

  /** It will not strike any more. */
  cancel(): void {
    this.#left = 0
    this.release()
  }

  /** Ends a delay: what was held back goes on its way. */
  release(): void {
    this.#released = true
    const go = this.onRelease
    this.onRelease = null
    go?.()
  }

  get released(): boolean {
    return this.#released
  }

  /** One more went by. True: this is the one. */
  counts(): boolean {
    if (this.#left === 0) return false
    this.#left--
    if (this.#left > 0) return false
    this.#struck()
    return true
  }
}

export interface FaultDetails {
  readonly at?: Fault['at']
  readonly delayMs?: number
  readonly error?: MillraceError
}

/** A link that faults can strike. */
export interface Strikable {
  cut(): void
  /** What the broker says is held back until the fault is released. */
  hold(fault: Fault): void
}

const NOBODY_HURT: readonly Fault[] = []

/**
 * A script of what goes wrong between clients and a broker: each call adds one fault, which strikes once. They may be
 * added before or while clients are connected.
 */
export class Faults {
  readonly clock: Clock
  readonly #links = new Set<Strikable>()
  #faults: Fault[] = []

  /** For this package. `clock`: for delays. */
  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Cuts the link of the client that sends the n-th command of this kind, or gets the n-th dispatch. */
  cut(point: FaultPoint, options: CutOptions = {}): Fault {
    return this.#add(new Fault('cut', point, options.nth ?? 1, { at: options.at ?? 'beforeAnswer' }))
  }

  /**
   * Holds back the answer to the n-th command of this kind, or the n-th dispatch, and whatever the broker says behind it.
   * A command that asks for no answer is held back itself, with what the client says behind it.
   */
  delay(point: FaultPoint, options: DelayOptions = {}): Fault {
    const { by, nth = 1 } = options
    return this.#add(new Fault('delay', point, nth, by === undefined ? {} : { delayMs: milliseconds(by) }))
  }

  /** The n-th dispatch comes twice. */
  duplicate(options: FaultOptions = {}): Fault {
    return this.#add(new Fault('duplicate', 'dispatch', options.nth ?? 1))
  }

  /**
   * Refuses the n-th command of this kind. In a test broker it is the broker that refuses, with all that follows (a
   * transaction cannot be committed any more, say); in a proxy the broker never hears of the command.
   */
  refuse(point: 'connect' | 'producer' | 'consumer' | 'send' = 'send', options: RefuseOptions = {}): Fault {
    const { nth = 1, code = 'NOT_AUTHORIZED', message = `refused by a test: ${point}` } = options
    return this.#add(new Fault('refuse', point, nth, { error: new MillraceError(code, message) }))
  }

  /** Cuts every link now, as a network does. */
  cutAll(): void {
    for (const link of [...this.#links]) link.cut()
  }

  /** Nobody who is connected now hears from the broker until the fault is released: a network that swallows everything. */
  silence(): Fault {
    const fault = this.#add(new Fault('delay', 'dispatch', 1))
    fault.counts()
    const held: Fault[] = []
    for (const link of this.#links) {
      const one = new Fault('delay', 'dispatch', 1)
      held.push(one)
      link.hold(one)
    }
    fault.onRelease = () => {
      this.forget(fault)
      for (const one of held) one.release()
    }
    return fault
  }

  /** Takes back what has not struck yet, and releases what is held back. */
  clear(): void {
    const faults = this.#faults
    this.#faults = []
    for (const fault of faults) fault.cancel()
  }

  // For this package.

  /** Something passes. Returns what strikes it: refusals, or everything else; whoever refuses need not be who cuts. */
  passing(point: FaultPoint, refusing: boolean): readonly Fault[] {
    let struck: Fault[] | null = null
    for (const fault of this.#faults) {
      if (fault.point !== point || (fault.what === 'refuse') !== refusing) continue
      if (fault.counts()) (struck ??= []).push(fault)
    }
    if (struck === null) return NOBODY_HURT
    // A delay stays in the list until it is over, so that `clear` finds it.
    this.#faults = this.#faults.filter((fault) => fault.what === 'delay' || !struck.includes(fault))
    return struck
  }

  add(link: Strikable): void {
    this.#links.add(link)
  }

  remove(link: Strikable): void {
    this.#links.delete(link)
  }

  forget(fault: Fault): void {
    this.#faults = this.#faults.filter((one) => one !== fault)
  }

  #add(fault: Fault): Fault {
    this.#faults.push(fault)
    return fault
  }
}
