import { Destination, DestinationKind } from '../../message/destination.ts'

/** A message sent here that says where to reply is a request to the broker. */
const MANAGEMENT = 'Millrace.Management'

export const MANAGEMENT_QUEUE: Destination = new Destination(DestinationKind.Queue, MANAGEMENT)

/** Whether it is the queue or the topic of that name. */
export function isManagement(destination: Destination): boolean {
  return destination.name === MANAGEMENT
}
