import { decodePrimitiveMap, encodePrimitiveMap, findPrimitive, MillraceError, type Primitive } from '@millrace/base'
import type { Message } from './message.ts'

/** One property of a message, by its exact name; null when it is not there or the properties cannot be read. */
export function property(message: Message, name: string): Primitive | null {
  if (message.properties === null) return null
  try {
    return findPrimitive(message.properties, name)
  } catch (error) {
    // What a sender garbled is passed on as it came; only nobody can look inside.
    if (error instanceof MillraceError) return null
    throw error
  }
}

/** Sets properties of a message that is not sent yet. Garbled ones stay as they are. */
export function setProperties(message: Message, additions: ReadonlyMap<string, Primitive>): void {
  if (additions.size === 0) return
  try {
    const map = (message.properties === null ? null : decodePrimitiveMap(message.properties)) ?? new Map()
    for (const [name, value] of additions) map.set(name, value)
    message.properties = encodePrimitiveMap(map)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
  }
}
