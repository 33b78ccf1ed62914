import type { Simulation } from './simulation.ts'

/**
 * One kind of thing that can happen in a history. A step looks at what there is and does something with it, choosing by
 * `simulation.random`; where it finds nothing to do it does nothing, and so does every step that needed its result.
 * That is what lets a failing history be shortened: steps can be left out.
 *
 * What a step does has to be told to the ledger: before it is sent what may come of it, when it is answered what did.
 */
export interface Step {
  readonly name: string
  /** How often it comes, beside the others. */
  readonly weight: number
  run(simulation: Simulation): void | Promise<void>
}
