import { Queue, type Topic } from './destination.ts'
import { InvalidDestinationError } from './errors.ts'

/**
 * The queue from which the group `name` consumes a virtual topic: `Consumer.<name>.VirtualTopic.<topic>`, the naming that
 * brokers come with (model behaviour). Several consumers of it share the messages, each group gets all: what JMS 2.0
 * calls a shared durable subscription. Throws InvalidDestinationError for a topic that is not virtual, and for a name that
 * is empty or has a dot, a wildcard or a comma in it.
 */
export function virtualTopicQueue<Body = unknown>(topic: Topic<Body>, name: string): Queue<Body> {
  if (!topic.name.startsWith('VirtualTopic.')) {
    throw new InvalidDestinationError(`a virtual topic is called VirtualTopic.*, got ${topic.toString()}`)
  }
  if (!/^[^.,*>?\s]+$/.test(name)) {
    throw new InvalidDestinationError(`a group's name has no dot, comma, wildcard or blank, got "${name}"`)
  }
  return new Queue(`Consumer.${name}.${topic.name}`)
}
