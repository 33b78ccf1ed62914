import type { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import type { Queue } from '../queue.ts'

/*
 * The copies of one send differ only in their destination, and a queue knows its own. So the store is given the one
 * message that all of them were made of, which it writes once; whoever reads it back makes the copy again.
 */

/** A copy for another destination. */
export function copyFor(destination: Destination, message: Message): Message {
  const copy = message.copyTo(destination)
  if (destination.queue && !keepsDestination(message)) copy.storedAs = message.storedAs ?? message
  return copy
}

/** A copy that says the same destination as the message, also when it is read back from the store of a queue. */
export function copyWithDestination(message: Message): Message {
  const copy = message.copyTo(message.destination)
  copy.originalDestination = message.destination
  return copy
}

/** What was read from the store of this queue, as it was sent there. */
export function readBack(message: Message, queue: Queue): Message {
  const { text } = queue.destination
  // The backlog of a durable subscription has other names, and messages as their topics had them.
  if (message.destination.text === text || queue.name !== text || keepsDestination(message)) return message
  return message.copyTo(queue.destination)
}

function keepsDestination(message: Message): boolean {
  return message.originalDestination !== null && message.originalDestination.text === message.destination.text
}
