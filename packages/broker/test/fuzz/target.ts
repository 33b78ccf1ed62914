import type { Chance } from './chance.ts'
import type { FuzzBroker } from './fuzz-broker.ts'

/** A kind of peer that is made up. */
export interface FuzzTarget {
  readonly name: string
  /** What its inputs are, in words. */
  readonly title: string
  /** Gives the broker about so many inputs, all of whose peers are gone when it resolves. Says how many they were. */
  batch(world: FuzzBroker, chance: Chance, inputs: number): Promise<number>
}
