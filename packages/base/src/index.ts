export { ByteReader, type Long } from './byte-reader.ts'
export { ByteWriter, SpareBuffers } from './byte-writer.ts'
export type { Cancel, Clock } from './clock.ts'
export { assert, CODES, type Code, InvariantError, MillraceError, ProtocolError } from './errors.ts'
export { javaDoubleText, javaFloatText } from './java-number.ts'
export { LazyMap } from './lazy-map.ts'
export { type Linked, LinkedList } from './list.ts'
export { type LogFields, type Logger, silentLogger } from './log.ts'
export { ManualClock } from './manual-clock.ts'
export { modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from './modified-utf8.ts'
export {
  decodePrimitiveMap,
  encodePrimitiveMap,
  FALSE_PRIMITIVE,
  findPrimitive,
  NESTING_MAX,
  NULL_PRIMITIVE,
  type Primitive,
  type PrimitiveMap,
  primitiveOf,
  PrimitiveTag,
  type PrimitiveValue,
  readPrimitive,
  TRUE_PRIMITIVE,
  writePrimitive,
} from './primitive-map.ts'
export { seededRandom } from './random.ts'
export type { SelectorSubject } from './selector/evaluate.ts'
export { parseSelector, type Selector } from './selector/selector.ts'
export { checkSelector, SELECTOR_LENGTH_MAX } from './selector/text.ts'
export { nextRound, type Random, systemClock, systemRandom, systemTurn } from './system.ts'
export { NOT_SCHEDULED, TimerWheel, type WheelEntry } from './timer-wheel.ts'
export { type Task, Turn } from './turn.ts'
export { findVm, firstVm, registerVm, unregisterVm, type VmConnect, type VmPeer } from './vm.ts'
