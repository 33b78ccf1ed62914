import type { Step } from '../step.ts'

/** From now on only so much more fits. */
export const fill: Step = {
  name: 'fill the disk',
  weight: 1,
  run(simulation) {
    simulation.cramped = true
    const { disk } = simulation
    disk.capacity = disk.used + simulation.random(3) * simulation.random(6000)
    simulation.capacity = disk.capacity
    simulation.note(() => `  ${disk.capacity} bytes`)
  },
}

export const free: Step = {
  name: 'free the disk',
  weight: 3,
  run(simulation) {
    simulation.capacity = Number.POSITIVE_INFINITY
    simulation.disk.capacity = simulation.capacity
  },
}

/** One of the next calls fails, in a way that leaves nothing to promise. */
export const fault: Step = {
  name: 'fail a call of the disk',
  weight: 1,
  run(simulation) {
    const { disk, random } = simulation
    let left = random(6)
    const code = ['EIO', 'EROFS'][random(2)] as string
    const afterBytes = random(3) * random(1000)
    simulation.faulty = true
    disk.faults = ({ kind }) => {
      if (kind === 'read' || left-- > 0) return null
      // A process that goes on is not given the same answer again.
      disk.faults = () => null
      simulation.note(() => `  ${code} at a ${kind}`)
      return kind === 'write' ? { code, afterBytes } : { code }
    }
  },
}
