#!/usr/bin/env node
// Writes src/structures.ts, src/layouts.ts, src/marshal-loose.ts and src/marshal-tight.ts from schema.json.
//
// Each concrete structure gets a class of one shape. What travels with every message also gets four routines: every field
// is one statement, in wire order, and only fields that came or went with a version stand behind an `if`. That is what makes
// them fast: no table is walked and no property is looked up by name while a frame is read or written. All others get a line
// in a table instead, which src/layout.ts follows: a tenth of the text, which a client's users download.
//
//   node packages/openwire/scripts/generate.mjs [--check]

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FIELDS, STRUCTURES } from './descriptions.mjs'

const room = join(import.meta.dirname, '..')
const schema = JSON.parse(readFileSync(join(room, 'schema.json'), 'utf8'))
const HEAD = '// Written by scripts/generate.mjs from schema.json; change those, not this.\n\n'
const LAST = schema.versions.last

// Abstract structures without fields; unions say the same.
const EMPTY = ['TransactionId', 'ActiveMQTempDestination']
const skipEmpty = (name) =>
  EMPTY.includes(name) ? skipEmpty(schema.structures.find((one) => one.name === name).parent) : name
const all = schema.structures
  .filter((structure) => !EMPTY.includes(structure.name))
  .map((structure) => ({ ...structure, parent: skipEmpty(structure.parent) }))
const byName = new Map(all.map((structure) => [structure.name, structure]))
const concrete = all.filter((structure) => !structure.abstract).sort((a, b) => a.typeCode - b.typeCode)

const className = (name) => (name === 'Message' ? 'BaseMessage' : name)

const isA = (structure, name) =>
  structure !== undefined && (structure.name === name || isA(byName.get(structure.parent), name))

/** Root first, as on the wire. */
function chain(structure) {
  return structure === undefined ? [] : [...chain(byName.get(structure.parent)), structure]
}

const propertiesOf = (structure) => chain(structure).flatMap((one) => one.properties)

/**
 * What may stand in a place, by the name the schema gives it. RemoveInfo.objectId could be anything by the schema, but
 * nothing else than these is ever removed, and as a cached property it must not hold what is large.
 */
const GROUPS = {
  DataStructure: concrete,
  BooleanExpression: [byName.get('NetworkBridgeFilter')],
  TransactionId: ['LocalTransactionId', 'XATransactionId'].map((name) => byName.get(name)),
  ObjectId: ['ConnectionId', 'SessionId', 'ConsumerId', 'ProducerId'].map((name) => byName.get(name)),
}
byName
  .get('RemoveInfo')
  .properties.filter((property) => property.name === 'objectId')
  .forEach((property) => {
    property.of = 'ObjectId'
  })

const membersOf = (of) => GROUPS[of] ?? concrete.filter((structure) => isA(structure, of))

/** The TypeScript name of a place. */
function placeType(of) {
  const members = membersOf(of)
  if (members.length === 1) return members[0].name
  return { Message: 'OpenWireMessage', ActiveMQDestination: 'Destination', TransactionId: 'TransactionId' }[of] ?? of
}

// Every way to nest without end passes through one of these.
const DEEP = new Set(['DataStructure', 'Message', 'BrokerInfo'])

// What has routines of its own. Kinds of messages have the same fields, but sharing one routine made reading and writing
// slower by a tenth, and a copy that stands near the other compresses to almost nothing.
const HOT = [
  ...['ActiveMQMessage', 'ActiveMQBytesMessage', 'ActiveMQMapMessage', 'ActiveMQObjectMessage'],
  ...['ActiveMQStreamMessage', 'ActiveMQTextMessage', 'MessageDispatch', 'MessageAck', 'Response', 'TransactionInfo'],
  ...['ActiveMQQueue', 'ActiveMQTopic', 'ActiveMQTempQueue', 'ActiveMQTempTopic', 'MessageId', 'LocalTransactionId'],
  ...['ConnectionId', 'ConsumerId', 'ProducerId'],
].map((name) => byName.get(name))

// Views of what was received instead of copies: only what is large, and what its receiver knows to copy.
const isView = (structure, property) =>
  isA(structure, 'Message') && (property.name === 'content' || property.name === 'marshalledProperties')

const isIdPart = (structure) => structure.name === 'XATransactionId'

// Their strings are read and written by way of memory: see src/text.ts.
const NAMED = ['ActiveMQDestination', 'ConnectionId', 'SessionId', 'ConsumerId', 'ProducerId', 'BrokerId']
const isName = (structure) => NAMED.some((name) => isA(structure, name))

// ---------------------------------------------------------------------------------------------------------- structures

const SCALAR = {
  boolean: ['boolean', 'false'],
  byte: ['number', '0'],
  int: ['number', '0'],
  long: ['Long', '0'],
  string: ['string | null', 'null'],
  bytes: ['Buffer | null', 'null'],
  'const-bytes': ['Buffer', 'MAGIC'],
  throwable: ['Throwable | null', 'null'],
}

function field(structure, property) {
  const doc = FIELDS[`${structure.name}.${property.name}`]
  const since = property.since > structure.since && property.since > 1 ? `Version ${property.since} and later.` : ''
  const until = property.until === undefined ? '' : `Up to version ${property.until}.`
  const text = [doc, since, until].filter(Boolean).join(' ')
  const comment = text === '' ? '' : docComment(text, '  ')
  const place = property.of === undefined ? null : placeType(property.of)
  if (property.type === 'object-array') return `${comment}  ${property.name}: (${place} | null)[] | null = null`
  if (place !== null) return `${comment}  ${property.name}: ${place} | null = null`
  const [type, initial] = SCALAR[property.type]
  const inferred = initial === 'false' || (type === 'number' && initial === '0')
  return `${comment}  ${property.name}${inferred ? '' : `: ${type}`} = ${initial}`
}

function docComment(text, indent) {
  const width = 118 - indent.length
  if (text.length + 6 <= width) return `${indent}/** ${text} */\n`
  const lines = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 4 > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return `${indent}/**\n${lines.map((one) => `${indent} * ${one}\n`).join('')}${indent} */\n`
}

function structureClass(structure) {
  const parents = chain(structure).slice(0, -1)
  const base = parents.filter((one) => one.abstract).at(-1)
  // A concrete parent has a discriminator of its own, so its fields are repeated instead of inherited.
  const repeated = parents.filter((one) => !one.abstract)
  const own = [...repeated, structure].flatMap((one) => one.properties.map((property) => field(one, property)))
  const since = structure.since > 1 ? ` Version ${structure.since} and later.` : ''
  const doc = docComment(`${STRUCTURES[structure.name] ?? structure.summary}${since}`, '')
  const extend = base === undefined ? '' : ` extends ${className(base.name)}`
  if (structure.abstract) {
    const kind = base === undefined ? '  abstract readonly dataType: number\n' : ''
    return `${doc}export abstract class ${className(structure.name)}${extend} {\n${kind}${own.join('\n')}\n}\n`
  }
  const override = base === undefined ? '' : 'override '
  const discriminator = `  ${override}readonly dataType = ${structure.typeCode}`
  return `${doc}export class ${structure.name}${extend} {\n${[discriminator, ...own].join('\n')}\n}\n`
}

const union = (members) => members.map((one) => `  | ${one.name}`).join('\n')

function structures() {
  const abstractFirst = [...all.filter((one) => one.abstract), ...all.filter((one) => !one.abstract)]
  return `${HEAD}import type { Buffer } from 'node:buffer'
import type { Long } from '@millrace/base'
import { MAGIC } from './codes.ts'
import type { Throwable } from './throwable.ts'

/** Type codes on the wire, by structure. Compare \`structure.dataType\` with these. */
export const DataType = {
${concrete.map((one) => `  ${one.name}: ${one.typeCode},`).join('\n')}
} as const
export type DataType = (typeof DataType)[keyof typeof DataType]

${abstractFirst.map(structureClass).join('\n')}
export type Destination =
${union(membersOf('ActiveMQDestination'))}

export type TransactionId = LocalTransactionId | XATransactionId

/** What a RemoveInfo can remove. */
export type ObjectId =
${union(GROUPS.ObjectId)}

export type OpenWireMessage =
${union(membersOf('Message'))}

/** What has a command number and may be answered. */
export type Command =
${union(concrete.filter((one) => isA(one, 'BaseCommand')))}

/** Everything that can be on an OpenWire link; \`dataType\` tells the members apart. */
export type DataStructure =
${union(concrete)}

export function isMessage(structure: DataStructure): structure is OpenWireMessage {
  return structure.dataType >= DataType.ActiveMQMessage && structure.dataType <= DataType.ActiveMQBlobMessage
}

export function isDestination(structure: DataStructure): structure is Destination {
  return structure.dataType >= DataType.ActiveMQQueue && structure.dataType <= DataType.ActiveMQTempTopic
}

export function isTransactionId(structure: DataStructure): structure is TransactionId {
  return structure.dataType === DataType.LocalTransactionId || structure.dataType === DataType.XATransactionId
}
`
}

// --------------------------------------------------------------------------------------------------------- marshallers

/** Puts fields of the same version range behind one condition. */
function gated(structure, statement) {
  const lines = []
  let open = null
  const close = () => {
    if (open !== null) lines.push('  }')
    open = null
  }
  for (const property of propertiesOf(structure)) {
    const conditions = []
    if (property.since > Math.max(structure.since, 1)) conditions.push(`version >= ${property.since}`)
    if (property.until !== undefined && property.until < LAST) conditions.push(`version <= ${property.until}`)
    const condition = conditions.length === 0 ? null : conditions.join(' && ')
    if (condition !== open) {
      close()
      if (condition !== null) lines.push(`  if (${condition}) {`)
      open = condition
    }
    lines.push(`  ${open === null ? '' : '  '}${statement(property)}`)
  }
  close()
  if (lines.some((line) => line.includes('if (version '))) lines.unshift('  const version = link.version')
  return lines
}

// ------------------------------------------------------------------------------------------------ straight loose fields
//
// In loose encoding each field takes at least so many bytes, whatever is in it. Where the least size of all that follows
// has been checked (or made room for), plain fields and the flags of absent ones are read and written without a call.
// After a field that took more, the rest is checked again.

const LEAST = { boolean: 1, byte: 1, int: 4, long: 8 }
const leastOf = (property) => LEAST[property.type] ?? property.size ?? 1

function conditionOf(structure, property) {
  const conditions = []
  if (property.since > structure.since) conditions.push(`version >= ${property.since}`)
  if (property.until !== undefined && property.until < LAST) conditions.push(`version <= ${property.until}`)
  return conditions.length === 0 ? null : conditions.join(' && ')
}

/** Cuts the fields into runs of one version range, and knows for each field the least size of what follows. */
function runsOf(structure) {
  const runs = []
  for (const property of propertiesOf(structure)) {
    const condition = conditionOf(structure, property)
    const last = runs.at(-1)
    if (last !== undefined && last.condition === condition) last.fields.push({ property })
    else runs.push({ condition, fields: [{ property }] })
  }
  const sum = (fields) => fields.reduce((total, field) => total + leastOf(field.property), 0)
  for (const [index, run] of runs.entries()) {
    // Behind a run there is at least what no version leaves out.
    const behind = runs.slice(index + 1).filter((later) => later.condition === null)
    const least = behind.reduce((total, later) => total + sum(later.fields), 0)
    run.least = sum(run.fields) + least
    for (const [place, field] of run.fields.entries()) field.rest = sum(run.fields.slice(place + 1)) + least
  }
  return runs
}

function readLooseFields(one, readField) {
  const runs = runsOf(one)
  const lines = []
  let variable = false
  let cached = false
  const at = (offset) => (offset === 0 ? 'at' : `at + ${offset}`)
  for (const [index, run] of runs.entries()) {
    const body = []
    if (index > 0 || run.condition !== null) body.push('reader.moveTo(at)', `at = reader.ahead(${run.least})`)
    let offset = 0
    for (const { property, rest } of run.fields) {
      const place = `it.${property.name}`
      if (property.type === 'boolean') body.push(`${place} = bytes[${at(offset)}] !== 0`)
      else if (property.type === 'byte') body.push(`${place} = ((bytes[${at(offset)}] as number) << 24) >> 24`)
      else if (property.type === 'int') {
        const byte = (i, shift) => `((bytes[${at(offset + i)}] as number)${shift === 0 ? '' : ` << ${shift}`})`
        body.push(`${place} = ${byte(0, 24)} | ${byte(1, 16)} | ${byte(2, 8)} | ${byte(3, 0)}`)
      } else if (property.type === 'long') body.push(`${place} = longAt(bytes, ${at(offset)})`)
      else {
        if (offset > 0) body.push(`at += ${offset}`)
        offset = 0
        variable = true
        const uncached = property.type === 'cached-object' ? 'uncached && ' : ''
        if (uncached !== '') cached = true
        const read = [`reader.moveTo(at)`, `${place} = ${readField(property)}`, `at = reader.ahead(${rest})`]
        if (property.type === 'const-bytes') body.push(...read)
        else body.push(`if (${uncached}bytes[at] === 0) at++`, `else {`, ...read, '}')
        continue
      }
      offset += leastOf(property)
    }
    if (offset > 0) body.push(`at += ${offset}`)
    if (run.condition === null) lines.push(...body)
    else lines.push(`if (${run.condition}) {`, ...body, '}')
  }
  const text = lines.join('\n')
  const head = ['const bytes = reader.buffer']
  if (runs.some((run) => run.condition !== null)) head.push('const version = link.version')
  if (cached) head.push('const uncached = link.cache === null')
  const declare = variable || text.includes('at +=') ? 'let' : 'const'
  head.push(`${declare} at = reader.ahead(${runs[0].condition === null ? runs[0].least : 0})`)
  const link = /\blink\b/.test(head.join() + text) ? 'link' : '_link'
  return readRoutine(one.name, 'reader', link, `${head.join('\n')}\n${text}\nreader.moveTo(at)`)
}

function readRoutine(name, reader, link, body) {
  return `function read${name}(${reader}: ByteReader, ${link}: Inbound): ${name} {
const it = new ${name}()
${body}
return it
}
`
}

function writeLooseFields(one, writeField) {
  const runs = runsOf(one)
  const lines = []
  let cached = false
  const at = (offset) => (offset === 0 ? 'at' : `at + ${offset}`)
  for (const [index, run] of runs.entries()) {
    const body = []
    if (index > 0 || run.condition !== null)
      body.push('writer.moveTo(at)', `at = writer.room(${run.least})`, 'bytes = writer.buffer')
    let offset = 0
    for (const { property, rest } of run.fields) {
      const value = `it.${property.name}`
      if (property.type === 'boolean') body.push(`bytes[${at(offset)}] = ${value} ? 1 : 0`)
      else if (property.type === 'byte') body.push(`bytes[${at(offset)}] = ${value}`)
      else if (property.type === 'int') {
        for (const [i, shift] of [24, 16, 8].entries()) body.push(`bytes[${at(offset + i)}] = ${value} >>> ${shift}`)
        body.push(`bytes[${at(offset + 3)}] = ${value}`)
      } else if (property.type === 'long') body.push(`putLong(bytes, ${at(offset)}, ${value})`)
      else {
        if (offset > 0) body.push(`at += ${offset}`)
        offset = 0
        const uncached = property.type === 'cached-object' ? 'uncached && ' : ''
        if (uncached !== '') cached = true
        const write = ['writer.moveTo(at)', writeField(property), `at = writer.room(${rest})`, 'bytes = writer.buffer']
        if (property.type === 'const-bytes') body.push(...write)
        else body.push(`if (${uncached}${value} === null) bytes[at++] = 0`, 'else {', ...write, '}')
        continue
      }
      offset += leastOf(property)
    }
    if (offset > 0) body.push(`at += ${offset}`)
    if (run.condition === null) lines.push(...body)
    else lines.push(`if (${run.condition}) {`, ...body, '}')
  }
  const text = lines.join('\n')
  const head = []
  if (runs.some((run) => run.condition !== null)) head.push('const version = link.version')
  if (cached) head.push('const uncached = link.cache === null')
  head.push(`let at = writer.room(${runs[0].condition === null ? runs[0].least : 0})`)
  head.push(`${text.includes('bytes = writer') ? 'let' : 'const'} bytes = writer.buffer`)
  const link = /\blink\b/.test(head.join() + text) ? 'link' : '_link'
  return `function write${one.name}(it: ${one.name}, writer: ByteWriter, ${link}: Outbound): void {
${head.join('\n')}
${text}
writer.moveTo(at)
}
`
}

const usesLink = (lines) => lines.some((line) => /\blink\b/.test(line))

/** Places of each kind that some of them has. */
function places(type) {
  const found = new Set()
  for (const one of HOT) for (const property of propertiesOf(one)) if (property.type === type) found.add(property.of)
  return found
}

// A place that only what has routines can stand in has some as well; others are left to src/layout.ts.
const isHotPlace = (of) => membersOf(of).some((one) => HOT.includes(one)) && of !== 'DataStructure'
const cachedPlaces = new Set([...places('cached-object')].filter(isHotPlace))
const objectPlaces = new Set([...places('object'), ...cachedPlaces].filter(isHotPlace))

/** The type codes of what may stand in a place. */
function rangeOf(of) {
  const codes = membersOf(of).map((one) => one.typeCode)
  return of === 'DataStructure' ? [1, 124] : [Math.min(...codes), Math.max(...codes)]
}

function marshaller(tight) {
  const encoding = tight ? 'TIGHT' : 'LOOSE'
  const range = (of) => rangeOf(of).join(', ')
  const reading = {
    boolean: () => (tight ? 'link.bit()' : 'reader.boolean()'),
    byte: () => 'reader.signedByte()',
    int: () => 'reader.int()',
    long: () => (tight ? 'readLong(reader, link)' : 'reader.long()'),
    string: (structure) => `${isName(structure) ? 'readNameOrNull' : 'readString'}(reader${tight ? ', link' : ''})`,
    bytes: () => `readView(reader${tight ? ', link' : ''})`,
    throwable: () => `readThrowable(reader, link, ${encoding})`,
    object: (_, { of }) =>
      isHotPlace(of)
        ? `read${placeType(of)}OrNull(reader, link)`
        : `readObject(reader, link, ${encoding}, ${range(of)}) as ${placeType(of)} | null`,
    'cached-object': (_, { of }) => `readCached${placeType(of)}(reader, link)`,
    'object-array': (_, { of }) =>
      `readArray(reader, link, ${encoding}, ${range(of)}) as (${placeType(of)} | null)[] | null`,
  }
  const writing = {
    boolean: (value) => (tight ? `link.bit(${value})` : `writer.boolean(${value})`),
    byte: (value) => `writer.byte(${value})`,
    int: (value) => `writer.int(${value})`,
    long: (value) => (tight ? `writeLong(${value}, writer, link)` : `writer.long(${value})`),
    string: (value, _, structure) =>
      `${isName(structure) && !tight ? 'writeName' : 'writeString'}(${value}, writer${tight ? ', link' : ''})`,
    bytes: (value) => `writeBytes(${value}, writer${tight ? ', link' : ''})`,
    throwable: (value) => `writeThrowable(${value}, writer, link, ${encoding})`,
    object: (value, { of }) =>
      isHotPlace(of)
        ? `write${placeType(of)}OrNull(${value}, writer, link)`
        : `writeObject(${value}, writer, link, ${encoding}, ${range(of)})`,
    'cached-object': (value, { of }) => `writeCached${placeType(of)}(${value}, writer, link)`,
    'object-array': (value, { of }) => `writeArray(${value}, writer, link, ${encoding}, ${range(of)})`,
  }

  const parts = []

  for (const one of HOT) {
    if (!tight) {
      parts.push(readLooseFields(one, (property) => reading[property.type](one, property)))
      continue
    }
    const body = gated(one, (property) => `it.${property.name} = ${reading[property.type](one, property)}`)
    const link = usesLink(body) ? 'link' : '_link'
    const reader = body.some((line) => /\breader\b/.test(line)) ? 'reader' : '_reader'
    parts.push(readRoutine(one.name, reader, link, body.join('\n')))
  }

  for (const of of objectPlaces) parts.push(readOrNull(of, tight))
  for (const of of cachedPlaces) parts.push(readCached(of, encoding))

  parts.push(`/** The fields of a structure whose type code has been read. */
export function ${tight ? 'readTight' : 'readLoose'}(type: number, reader: ByteReader, link: Inbound): DataStructure {
  switch (type) {
${HOT.map(readCase).join('\n')}
    default:
      return readLayout(type, reader, link, ${encoding})
  }
}
`)

  for (const one of HOT) {
    if (!tight) {
      parts.push(writeLooseFields(one, (property) => writing[property.type](`it.${property.name}`, property, one)))
      continue
    }
    const body = gated(one, (property) => writing[property.type](`it.${property.name}`, property, one))
    const link = usesLink(body) ? 'link' : '_link'
    const writer = body.some((line) => /\bwriter\b/.test(line)) ? 'writer' : '_writer'
    parts.push(`function write${one.name}(it: ${one.name}, ${writer}: ByteWriter, ${link}: Outbound): void {
${body.join('\n')}
}
`)
  }
  for (const of of objectPlaces) parts.push(writeOrNull(of, tight))
  for (const of of cachedPlaces) parts.push(writeCached(of, encoding))

  parts.push(`/** The fields of a structure, without its type code. */
export function ${tight ? 'writeTight' : 'writeLoose'}(it: DataStructure, writer: ByteWriter, link: Outbound): void {
  switch (it.dataType) {
${HOT.map(writeCase).join('\n')}
    default:
      writeLayout(it, writer, link, ${encoding})
  }
}

const ${encoding}: Encoding = {
  tight: ${tight},
  readFlag: ${tight ? '(_reader, link) => link.bit()' : '(reader) => reader.boolean()'},
  readLong${tight ? '' : ': (reader) => reader.long()'},
  readString,
  readName: readNameOrNull,
  readStructure: ${tight ? 'readTight' : 'readLoose'},
  writeFlag: ${tight ? '(value, _writer, link) => link.bit(value)' : '(value, writer) => writer.boolean(value)'},
  writeLong${tight ? '' : ': (value, writer) => writer.long(value)'},
  writeString,
  writeName${tight ? ': writeString' : ''},
  writeStructure: ${tight ? 'writeTight' : 'writeLoose'},
}
`)

  const text = parts.join('\n')
  const used = (names) => names.filter((name) => new RegExp(`\\b${name}\\b`).test(text))
  const codec = used([
    ...['longAt', 'putLong', 'readLong', 'readNameOrNull', 'readString', 'readView'],
    ...['writeBytes', 'writeLong', 'writeName', 'writeString'],
  ]).filter((name) => !(tight ? ['writeName'] : ['readLong', 'writeLong']).includes(name))
  const layout = used([
    ...['readArray', 'readCached', 'readLayout', 'readObject', 'readThrowable'],
    ...['writeArray', 'writeCached', 'writeLayout', 'writeObject', 'writeThrowable'],
  ])
  const link = used(['hasReadyMade', 'readyMade', 'requireCount', 'unexpectedType'])
  const isMade = (name) => text.includes(`new ${name}()`)
  const unions = ['DataStructure', 'Destination', 'OpenWireMessage', 'TransactionId', 'BrokerId']
  const classes = HOT.map((one) => one.name)
  const types = used([...unions, ...classes]).map((name) => (isMade(name) ? name : `type ${name}`))
  const ownImport = `import { ${codec.join(', ')} } from './${tight ? 'tight' : 'loose'}.ts'\n`
  const buffer = tight ? '' : "import type { Buffer } from 'node:buffer'\n"
  return `${HEAD}${text.includes('Buffer') ? buffer : ''}import type { ByteReader, ByteWriter } from '@millrace/base'
import { type Encoding, ${layout.join(', ')} } from './layout.ts'
import { type Inbound, type Outbound, ${link.join(', ')} } from './link.ts'
${tight ? '' : ownImport}import { ${types.join(', ')} } from './structures.ts'
${tight ? ownImport : ''}
${text}`
}

const readCase = (one) => `    case ${one.typeCode}:\n      return read${one.name}(reader, link)`
const writeCase = (one) => `    case ${one.typeCode}:\n      write${one.name}(it, writer, link)\n      return`

function readOrNull(of, tight) {
  const name = placeType(of)
  const members = membersOf(of)
  const hot = members.filter((one) => HOT.includes(one))
  const [from, to] = rangeOf(of)
  const lines = [`  if (!${tight ? 'link.bit()' : 'reader.boolean()'}) return null`, '  const type = reader.byte()']
  const unexpected = `throw unexpectedType(type, ${from}, ${to})`
  if (members.length === 1) lines.push(`  if (type !== ${from}) ${unexpected}`, `  return read${name}(reader, link)`)
  else {
    const test = `if (type < ${from} || type > ${to}) ${unexpected}`
    if (tight && members[0].nestedFlagBit) lines.push(`  ${test}`, '  if (link.bit()) throw readyMade()')
    if (DEEP.has(of)) lines.push('  link.enter()')
    lines.push(`  let it: ${name}`, '  switch (type) {')
    for (const one of hot)
      lines.push(`    case ${one.typeCode}:\n      it = read${one.name}(reader, link)\n      break`)
    lines.push('    default:')
    if (hot.length === members.length) lines.push(`      ${unexpected}`)
    else {
      const encoding = tight ? 'TIGHT' : 'LOOSE'
      lines.push(`      ${test}`, `      it = readLayout(type, reader, link, ${encoding}) as ${name}`)
    }
    lines.push('  }')
    if (DEEP.has(of)) lines.push('  link.leave()')
    lines.push('  return it')
  }
  return `function read${name}OrNull(reader: ByteReader, link: Inbound): ${name} | null {\n${lines.join('\n')}\n}\n`
}

function readCached(of, encoding) {
  const name = placeType(of)
  return `function readCached${name}(reader: ByteReader, link: Inbound): ${name} | null {
  if (link.cache === null) return read${name}OrNull(reader, link)
  return readCached(reader, link, ${encoding}, ${rangeOf(of).join(', ')}) as ${name} | null
}
`
}

function writeOrNull(of, tight) {
  const name = placeType(of)
  const members = membersOf(of)
  const lines = []
  if (tight) {
    lines.push('  link.bit(it !== null)', '  if (it === null) return')
    if (members[0].nestedFlagBit) lines.push('  link.bit(false) // Not ready made.')
  } else {
    lines.push('  if (it === null) {', '    writer.byte(0)', '    return', '  }', '  writer.byte(1)')
  }
  lines.push(`  writer.byte(${members.length === 1 ? members[0].typeCode : 'it.dataType'})`)
  if (members.length === 1) lines.push(`  write${name}(it, writer, link)`)
  else {
    lines.push('  switch (it.dataType) {', ...members.filter((one) => HOT.includes(one)).map(writeCase))
    lines.push('    default:', `      writeLayout(it, writer, link, ${tight ? 'TIGHT' : 'LOOSE'})`, '  }')
  }
  return `function write${name}OrNull(it: ${name} | null, writer: ByteWriter, link: Outbound): void {\n${lines.join('\n')}\n}\n`
}

function writeCached(of, encoding) {
  const name = placeType(of)
  return `function writeCached${name}(it: ${name} | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) write${name}OrNull(it, writer, link)
  else writeCached(it, writer, link, ${encoding}, ${rangeOf(of).join(', ')})
}
`
}

// ------------------------------------------------------------------------------------------------------------- layouts

const KINDS = {
  boolean: 'z',
  byte: 'b',
  int: 'i',
  long: 'l',
  string: 's',
  bytes: 'x',
  'const-bytes': 'k',
  throwable: 't',
  object: 'o',
  'cached-object': 'c',
  'object-array': 'a',
}

function kindOf(structure, property) {
  if (property.type === 'string' && isName(structure)) return 'n'
  if (property.type === 'bytes' && isView(structure, property)) return 'v'
  if (property.type === 'bytes' && isIdPart(structure)) return 'd'
  return KINDS[property.type]
}

/** As src/layout.ts reads it: `o100-103:6` is an object with one of these type codes, from version 6 on. */
function layoutLine(one) {
  const fields = propertiesOf(one).map((property) => {
    const { of, size } = property
    const [from, to] = of === undefined || of === 'DataStructure' ? [size ?? '', size ?? ''] : rangeOf(of)
    const since = property.since > Math.max(one.since, 1) ? property.since : ''
    const until = property.until === undefined || property.until >= LAST ? '' : `-${property.until}`
    const versions = since === '' && until === '' ? '' : `:${since}${until}`
    return `${kindOf(one, property)}${from}${from === to ? '' : `-${to}`}${versions}`
  })
  const since = one.since > 1 ? [`:${one.since}`] : []
  return `  ${one.typeCode}: [${one.name}, '${[...since, ...fields].join(' ')}'],`
}

function layouts() {
  const cold = concrete.filter((one) => !HOT.includes(one))
  return `${HEAD}import { type DataStructure, ${cold.map((one) => one.name).join(', ')} } from './structures.ts'

/** By type code: what makes the structure, and its fields in the order of the wire, as layout.ts reads them. */
export const LAYOUTS: Readonly<Record<number, readonly [make: new () => DataStructure, fields: string]>> = {
${cold.map(layoutLine).join('\n')}
}
`
}

const files = {
  'structures.ts': structures(),
  'layouts.ts': layouts(),
  'marshal-loose.ts': marshaller(false),
  'marshal-tight.ts': marshaller(true),
}
const biome = join(room, '../../node_modules/.bin/biome')
let stale = 0
for (const [name, text] of Object.entries(files)) {
  const path = join(room, 'src', name)
  const formatted = execFileSync(biome, ['format', `--stdin-file-path=${path}`], { input: text, encoding: 'utf8' })
  if (existsSync(path) && readFileSync(path, 'utf8') === formatted) continue
  stale++
  console.log(`${name} ${process.argv.includes('--check') ? 'is not what the generator writes' : 'written'}`)
  if (!process.argv.includes('--check')) writeFileSync(path, formatted)
}
if (process.argv.includes('--check')) process.exitCode = stale === 0 ? 0 : 1
