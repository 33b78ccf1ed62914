import { ByteReader, readModifiedUtf8 } from '@millrace/base'
import { MessageFormatError } from '../errors.ts'
import type { ObjectMessage } from '../messages/object-message.ts'
import {
  type ClassShape,
  type Fields,
  isPrimitiveArray,
  type PrimitiveCode,
  readPrimitive,
  shapeOf,
} from './classes.ts'
import { guarded, readHeader, Tag, viewOf } from './stream-head.ts'
import type { JavaValue } from './values.ts'

/** What a stream may take; more is refused with MessageFormatError. */
export interface ObjectStreamLimits {
  /** Containers within containers. 32. */
  depthMax?: number
  /**
   * Values in all: objects, elements of arrays, keys and values of maps, a long text as one per 64 characters. Something
   * that the stream refers to again counts again, so that what is small here is not huge when it is written out. 100000.
   */
  elementsMax?: number
  /** Bytes of the whole stream. 16777216. */
  bytesMax?: number
}

const DEFAULTS: Required<ObjectStreamLimits> = { depthMax: 32, elementsMax: 100_000, bytesMax: 16_777_216 }

/** §6.4.1: the first handle. */
const BASE_HANDLE = 0x7e_0000
const FLAG_WRITE_METHOD = 1
const FLAG_SERIALIZABLE = 2
/** Fields of one class; the known ones have two at most. */
const FIELDS_MAX = 16
const UNITS_PER_ELEMENT = 64

interface Field {
  readonly name: string
  readonly code: PrimitiveCode | 'L' | '['
}

interface ClassDesc {
  readonly kind: 'class'
  readonly name: string
  readonly flags: number
  readonly fields: readonly Field[]
  parent: ClassDesc | null
}

/** Something that a later part of the stream can refer to. */
interface Shared {
  readonly kind: 'value'
  value: JavaValue
  /** What it counts for; 0: not complete, so that a reference to it would be a circle. */
  elements: number
}

/** What a class wrote by itself: raw bytes and objects. (§6.4.2 objectAnnotation) */
interface Annotation {
  readonly blocks: Buffer
  readonly objects: JavaValue[]
}

const NOTHING: Annotation = { blocks: Buffer.alloc(0), objects: [] }

/**
 * Reads a Java serialization stream as data, for a handful of classes that mean the same everywhere:
 *
 *     java.lang.String                        string
 *     Byte, Short, Integer, Float, Double     number
 *     Long                                    bigint
 *     Boolean                                 boolean
 *     Character, char[]                       string
 *     java.util.Date                          Date
 *     ArrayList, LinkedList, String[]         array
 *     HashMap, LinkedHashMap, TreeMap         Map, in the order of the stream
 *     byte[]                                  Buffer
 *     other arrays of primitives              array of number, bigint (long) or boolean
 *
 * Nothing that the stream names is looked up, loaded or run: a class is a name that is compared with this list, and any
 * other is MessageFormatError, as are circles and what goes beyond the limits. An object message without a body is null.
 */
export function readJavaObject(from: Uint8Array | ObjectMessage, limits: ObjectStreamLimits = {}): JavaValue {
  const bytes = from instanceof Uint8Array ? from : from.bodyBytes
  if (bytes === null) return null
  const all = { ...DEFAULTS, ...limits }
  if (bytes.length > all.bytesMax) {
    throw new MessageFormatError(`a Java object of ${bytes.length} bytes, ${all.bytesMax} at most`)
  }
  return guarded(() => new ObjectStream(bytes, all).value())
}

class ObjectStream {
  readonly #reader: ByteReader
  readonly #limits: Required<ObjectStreamLimits>
  readonly #handles: (ClassDesc | Shared)[] = []
  #depth = 0
  #elements = 0

  constructor(bytes: Uint8Array, limits: Required<ObjectStreamLimits>) {
    this.#reader = new ByteReader(viewOf(bytes))
    this.#limits = limits
  }

  value(): JavaValue {
    readHeader(this.#reader)
    const value = this.#content(this.#reader.byte())
    if (this.#reader.left > 0) throw new MessageFormatError(`${this.#reader.left} bytes follow the Java object`)
    return value
  }

  /** `content` of the grammar, but for block data: one value. */
  #content(tag: number): JavaValue {
    this.#spend(1)
    switch (tag) {
      case Tag.Null:
        return null
      case Tag.Reference:
        return this.#reference()
      case Tag.String:
      case Tag.LongString:
        return this.#text(tag)
      case Tag.Object:
        return this.#nested(() => this.#object())
      case Tag.Array:
        return this.#nested(() => this.#array())
      default:
        throw new MessageFormatError(
          `${NAMES[tag] ?? `type code 0x${tag.toString(16)}`} is not read from a Java object`,
        )
    }
  }

  #nested(read: () => JavaValue): JavaValue {
    this.#depth++
    if (this.#depth > this.#limits.depthMax) {
      throw new MessageFormatError(`a Java object nested deeper than ${this.#limits.depthMax}`)
    }
    const value = read()
    this.#depth--
    return value
  }

  #reference(): JavaValue {
    const shared = this.#handles[this.#reader.int() - BASE_HANDLE]
    if (shared?.kind !== 'value') throw new MessageFormatError('a reference to nothing that came before')
    if (shared.elements === 0) throw new MessageFormatError('the Java object contains itself')
    this.#spend(shared.elements)
    return shared.value
  }

  #text(tag: number): string {
    const length = tag === Tag.String ? this.#reader.unsignedShort() : this.#length(this.#reader.long())
    const text = readModifiedUtf8(this.#reader, length)
    const elements = 1 + Math.floor(text.length / UNITS_PER_ELEMENT)
    this.#spend(elements)
    this.#handles.push({ kind: 'value', value: text, elements })
    return text
  }

  /** newObject: classDesc newHandle classdata[], the data of a parent before that of its child. */
  #object(): JavaValue {
    const before = this.#elements
    const desc = this.#classDesc()
    const shape = shapeOf(desc.name)
    if (shape === null || shape.kind === 'array') throw unreadable(desc.name)
    checkLine(desc, shape)
    const shared: Shared = { kind: 'value', value: null, elements: 0 }
    this.#handles.push(shared)
    let fields: Fields = new Map()
    let annotation = NOTHING
    for (const one of lineOf(desc)) {
      if ((one.flags & FLAG_SERIALIZABLE) === 0) throw unreadable(one.name)
      fields = new Map([...fields, ...this.#fields(one)])
      if ((one.flags & FLAG_WRITE_METHOD) !== 0) annotation = this.#annotation()
    }
    shared.value = shape.value(fields, annotation.blocks, annotation.objects)
    shared.elements = Math.max(1, this.#elements - before)
    return shared.value
  }

  #fields(desc: ClassDesc): Fields {
    const fields: Fields = new Map()
    for (const { name, code } of desc.fields) {
      fields.set(
        name,
        code === 'L' || code === '[' ? this.#content(this.#reader.byte()) : readPrimitive(this.#reader, code),
      )
    }
    return fields
  }

  #annotation(): Annotation {
    const blocks: Buffer[] = []
    const objects: JavaValue[] = []
    for (;;) {
      const tag = this.#reader.byte()
      if (tag === Tag.EndBlockData) return { blocks: Buffer.concat(blocks), objects }
      if (tag === Tag.BlockData) blocks.push(this.#reader.view(this.#reader.byte()))
      else if (tag === Tag.BlockDataLong) blocks.push(this.#reader.view(this.#length(this.#reader.int())))
      else objects.push(this.#content(tag))
      // A block counts, too: there could be many empty ones.
      if (tag === Tag.BlockData || tag === Tag.BlockDataLong) this.#spend(1)
    }
  }

  /** newArray: classDesc newHandle (int)size values[size] */
  #array(): JavaValue {
    const before = this.#elements
    const desc = this.#classDesc()
    const shape = shapeOf(desc.name)
    if (shape?.kind !== 'array') throw unreadable(desc.name)
    checkLine(desc, shape)
    const shared: Shared = { kind: 'value', value: null, elements: 0 }
    this.#handles.push(shared)
    const count = this.#length(this.#reader.int())
    shared.value = isPrimitiveArray(shape) ? this.#primitives(shape.element, count) : this.#texts(count)
    shared.elements = Math.max(1, this.#elements - before)
    return shared.value
  }

  #primitives(code: PrimitiveCode, count: number): JavaValue {
    if (code === 'B') {
      this.#spend(Math.floor(count / UNITS_PER_ELEMENT))
      return Buffer.from(this.#reader.view(count))
    }
    this.#spend(code === 'C' ? Math.floor(count / UNITS_PER_ELEMENT) : count)
    const values = Array.from({ length: this.#atMost(count) }, () => readPrimitive(this.#reader, code))
    return code === 'C' ? values.join('') : values
  }

  #texts(count: number): JavaValue {
    const values: JavaValue[] = []
    for (let i = 0; i < count; i++) {
      const value = this.#content(this.#reader.byte())
      if (value !== null && typeof value !== 'string')
        throw new MessageFormatError('a String[] with something else in it')
      values.push(value)
    }
    return values
  }

  /** classDesc: newClassDesc, or a reference to one that came before. */
  #classDesc(): ClassDesc {
    const tag = this.#reader.byte()
    if (tag === Tag.Reference) {
      const known = this.#handles[this.#reader.int() - BASE_HANDLE]
      if (known?.kind !== 'class') throw new MessageFormatError('a reference to no class that came before')
      return known
    }
    if (tag === Tag.ProxyClassDesc) throw unreadable('proxy class')
    if (tag !== Tag.ClassDesc) throw new MessageFormatError('an object without a class')
    return this.#newClassDesc()
  }

  /** newClassDesc: TC_CLASSDESC className serialVersionUID newHandle flags fields classAnnotation superClassDesc */
  #newClassDesc(): ClassDesc {
    this.#spend(1)
    const name = this.#utf()
    // Before anything else of it is read.
    if (shapeOf(name) === null && !PARENTS.has(name)) throw unreadable(name)
    this.#reader.take(8)
    const at = this.#handles.length
    const desc: ClassDesc = { kind: 'class', name, flags: 0, fields: [], parent: null }
    this.#handles.push(desc)
    const flags = this.#reader.byte()
    const fields = this.#fieldDescs()
    if (this.#reader.byte() !== Tag.EndBlockData) throw new MessageFormatError(`class ${name} is annotated`)
    const whole: ClassDesc = { kind: 'class', name, flags, fields, parent: this.#parent() }
    this.#handles[at] = whole
    return whole
  }

  #parent(): ClassDesc | null {
    if (this.#reader.buffer[this.#reader.ahead(1)] === Tag.Null) {
      this.#reader.take(1)
      return null
    }
    this.#depth++
    if (this.#depth > this.#limits.depthMax) throw new MessageFormatError('a class with too many parents')
    const parent = this.#classDesc()
    this.#depth--
    return parent
  }

  #fieldDescs(): Field[] {
    const count = this.#reader.unsignedShort()
    if (count > FIELDS_MAX) throw new MessageFormatError(`a class with ${count} fields, ${FIELDS_MAX} at most`)
    return Array.from({ length: count }, () => {
      const code = String.fromCharCode(this.#reader.byte())
      const name = this.#utf()
      // The field's class, which nothing here depends on.
      if (code === 'L' || code === '[') this.#content(this.#reader.byte())
      else if (!'BCDFIJSZ'.includes(code)) throw new MessageFormatError(`a field of type code "${code}"`)
      return { name, code: code as Field['code'] }
    })
  }

  #utf(): string {
    return readModifiedUtf8(this.#reader, this.#reader.unsignedShort())
  }

  /** Of bytes or elements: each takes a byte at least, so that nothing is believed that is not there. */
  #length(announced: number | bigint): number {
    if (announced < 0 || announced > this.#reader.left) {
      throw new MessageFormatError(`${announced} elements announced, ${this.#reader.left} bytes left`)
    }
    return Number(announced)
  }

  #atMost(count: number): number {
    this.#reader.ahead(count)
    return count
  }

  #spend(elements: number): void {
    this.#elements += elements
    if (this.#elements > this.#limits.elementsMax) {
      throw new MessageFormatError(`a Java object of more than ${this.#limits.elementsMax} elements`)
    }
  }
}

/** Parents of the classes that are read; they have no value of their own. */
const PARENTS: ReadonlySet<string> = new Set(['java.lang.Number'])

/** What the grammar has and this reader refuses. */
const NAMES: Readonly<Record<number, string>> = {
  [Tag.Class]: 'a class',
  [Tag.ClassDesc]: 'a class',
  [Tag.ProxyClassDesc]: 'a proxy class',
  [Tag.Enum]: 'an enum constant',
  [Tag.Exception]: 'an exception while writing',
  [Tag.Reset]: 'a reset',
  [Tag.BlockData]: 'primitive data without an object',
  [Tag.BlockDataLong]: 'primitive data without an object',
  [Tag.EndBlockData]: 'an end without a beginning',
}

/** The class and its parents, the topmost first. */
function lineOf(desc: ClassDesc): ClassDesc[] {
  const line: ClassDesc[] = []
  for (let one: ClassDesc | null = desc; one !== null; one = one.parent) line.unshift(one)
  return line
}

/** A known name with other parents than the known ones is another class. */
function checkLine(desc: ClassDesc, shape: ClassShape): void {
  const parents = lineOf(desc)
    .slice(0, -1)
    .map((one) => one.name)
  if (parents.join() !== shape.parents.join())
    throw new MessageFormatError(`${desc.name} extends ${parents.join(', ')}`)
}

function unreadable(name: string): MessageFormatError {
  return new MessageFormatError(`Java class "${name}" is not read here; take the bytes and a reader that knows it`)
}
