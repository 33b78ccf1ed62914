import type { Task, Turn, VmConnect, VmPeer } from '@millrace/base'
import type { Faults } from './faults.ts'
import { Line } from './line.ts'

/** Puts a line between the clients of `vm://` and their broker. `crossed`: called whenever something passes. */
export function withFaults(direct: VmConnect, faults: Faults, turn: Turn, crossed: () => void): VmConnect {
  return (client) => {
    let gone = false
    // Never within a call of the client.
    const farewell: Task = {
      queued: false,
      run: () => {
        if (!gone) client.closed()
        gone = true
      },
    }
    let broker: VmPeer | null = null
    const line = new Line(
      {
        toBroker: (bytes) => broker?.receive(bytes),
        toClient: (bytes) => client.receive(bytes),
        end: () => {
          broker?.closed()
          turn.work(farewell)
        },
      },
      faults,
      false,
    )
    try {
      broker = direct({
        receive: (chunk) => {
          crossed()
          line.fromBroker(chunk)
        },
        closed: () => {
          line.closed()
          farewell.run()
        },
      })
    } catch (error) {
      line.closed()
      throw error
    }
    return {
      receive: (chunk) => {
        crossed()
        line.fromClient(chunk)
      },
      closed: () => {
        gone = true
        line.closed()
        broker?.closed()
      },
    }
  }
}
