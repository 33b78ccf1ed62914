// `node scripts/api.mjs` writes docs/client/api/*.md from the declarations that the compiler has made of packages/client and
// packages/testing: every public name with its signature and what its comments say. A test notices when they are out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = 'docs/client/api'

/** Pages, and the source files whose names stand on them: a folder, or a file without its ending. */
const GROUPS = [
  {
    id: 'connections',
    title: 'Connections',
    places: [
      'connection',
      'connection-factory',
      'context/jms-context',
      'pool/',
      'events',
      'statistics',
      'capabilities',
      'management',
      'telemetry/',
    ],
  },
  {
    id: 'producers',
    title: 'Producers',
    places: [
      'producer',
      'send',
      'send-rule',
      'context/jms-producer',
      'typed/typed-producer',
      'transformer',
      'schedule',
      'requests/',
      'streams',
      'outbox',
    ],
  },
  {
    id: 'consumers',
    title: 'Consumers',
    places: [
      ...['consumer/', 'context/jms-consumer', 'idempotent'],
      ...[
        'dead-letters',
        'selector',
        'typed/typed-consumer',
        'redelivery-policy',
        'redelivery-policy-map',
        'listener-container',
        'lease',
        'advisories/',
      ],
    ],
  },
  {
    id: 'messages',
    title: 'Messages and destinations',
    places: ['messages/', 'java/', 'typed/codec', 'destination', 'virtual-topic', 'blobs'],
  },
  { id: 'transactions', title: 'Sessions and transactions', places: ['session', 'xa/'] },
  { id: 'errors', title: 'Errors', places: ['errors'] },
  { id: 'options', title: 'Options', places: ['options', 'failover-options', 'wait', 'transport/'] },
  { id: 'testing', title: 'Testing', places: [] },
]

/** Sections of a class that are not for applications begin with one of these. */
const INTERNAL_SECTION = /^ {2}\/\/ (?:For (?:this package|the |its )|From the )/
const SECTION = /^ {2}\/\/ [A-Z][^.]*\.$/
/** Described, but between the classes of the package. */
const INTERNAL = new Set([
  ...['optimizedDispatch', 'faultTolerant', 'sendsInFlight', 'bytesInFlight', 'sendsWaiting', 'bytesWaiting', 'epoch'],
  ...['audit', 'temporaries', 'messageSettings'],
])
const INTERNAL_DOC = /^\/\*\* For (?:this package|the owner)/

/** What the package exports: name -> source file, without its ending. */
function exported(packageName) {
  const index = readFileSync(join(root, 'packages', packageName, 'src/index.ts'), 'utf8')
  const names = new Map()
  for (const [, list, from] of index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)\.ts'/g)) {
    for (const one of list.split(',')) {
      const name = one.replace(/\btype\b/, '').trim()
      if (name !== '') names.set(name, from)
    }
  }
  return names
}

/** Doc comments and what follows them, at one depth of indentation: pairs of both texts. */
function declarations(lines, indent) {
  const found = []
  let doc = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]
    if (line.trim() === '' || !line.startsWith(indent)) continue
    if (line.startsWith(`${indent}/**`)) {
      doc = []
      for (; ; i++) {
        doc.push(lines[i].slice(indent.length))
        if (lines[i].includes('*/')) break
      }
      continue
    }
    const text = [line.slice(indent.length)]
    // To its own end: a line at this depth that closes it.
    while (!/[;}]$/.test(lines[i]) || depth(text) > 0) {
      i++
      if (i >= lines.length) break
      text.push(lines[i].slice(indent.length))
    }
    found.push({ doc, text })
    doc = []
  }
  return found
}

function depth(lines) {
  const code = lines.filter((line) => !/^\s*(\/\*\*|\*)/.test(line)).join('\n')
  return [...code].reduce((sum, one) => sum + ('{(['.includes(one) ? 1 : '})]'.includes(one) ? -1 : 0), 0)
}

const nameOf = (text) =>
  /(?:class|interface|type|const|function|let) ([\w$]+)/.exec(text[0])?.[1] ??
  /^(?:(?:export|default|declare|static|readonly|protected|abstract|override|get|set|async) )*(\[?[\w$.]+\]?)/.exec(
    text[0],
  )?.[1]

/** Names of members that stand in a section of the source which is for the package alone. */
function internalNames(source) {
  const names = new Set()
  let internal = false
  for (const line of source.split('\n')) {
    if (/^\S/.test(line)) internal = false
    else if (INTERNAL_SECTION.test(line)) internal = true
    else if (SECTION.test(line)) internal = false
    const [, name] = /^ {2}(?:(?:async|get|set|readonly|static|override) )*([a-zA-Z]\w*)[(<?:]/.exec(line) ?? []
    if (internal && name !== undefined) names.add(name)
  }
  return names
}

/** A class without what is not for applications. */
function cleaned({ text }, source) {
  if (!/\bclass\b/.test(text[0])) return text
  const internal = internalNames(source)
  const kept = []
  const own = new Set()
  for (const member of declarations(text.slice(1, -1), '    ')) {
    const first = member.text[0]
    const name = nameOf(member.text) ?? ''
    if (first.startsWith('#private') || /^(?:private|protected) /.test(first) || INTERNAL.has(name)) continue
    if (name === 'constructor' && (member.doc.length === 0 || /Use `/.test(member.doc.join(' ')))) continue
    if (first.startsWith('static ') && member.doc.length === 0) continue
    if (INTERNAL_DOC.test(member.doc.join(' ')) || internal.has(name)) continue
    const isField = !/[(<]/.test(first.split(':')[0]) && !/^(?:get|set|static) /.test(first)
    const set = first.startsWith('set ') && own.has(name)
    // A field that nobody describes is between the classes of the package.
    if (isField && member.doc.length === 0 && !/\b(?:code|name)\b/.test(name)) continue
    if (set && member.doc.length === 0) {
      kept.push(...member.text.map((line) => `    ${line}`))
      continue
    }
    own.add(name)
    kept.push(...[...member.doc, ...member.text].map((line) => `    ${line}`.trimEnd()))
  }
  const head = text[0].replace(/ implements (.*?) \{$/, (_, list) => {
    const open = list.split(/, (?![^<]*>)/).filter((one) => /^Async|^Iterable/.test(one))
    return open.length === 0 ? ' {' : ` implements ${open.join(', ')} {`
  })
  return kept.length === 0 ? [`${head}}`] : [head, ...kept, '}']
}

/** The text of a doc comment. */
function prose(doc) {
  return doc
    .map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, '').replace(/\s*\*\/$/, ''))
    .join('\n')
    .trim()
}

/** One public name. */
function entry(packageName, name, file) {
  const declared = readFileSync(join(root, 'packages', packageName, 'build/src', `${file}.d.ts`), 'utf8')
  const source = readFileSync(join(root, 'packages', packageName, 'src', `${file}.ts`), 'utf8')
  const all = declarations(declared.split('\n'), '')
  let found = all.filter(({ text }) => text[0].startsWith('export') && nameOf(text) === name)
  if (found.length === 0) {
    // Handed on from another file.
    const pattern = new RegExp(`export \\{[^}]*\\b${name}\\b[^}]*\\} from '([^']+)\\.ts'`)
    const [, from] = pattern.exec(declared) ?? []
    if (from === undefined) throw new Error(`${name} is not declared in ${file}`)
    return entry(packageName, name, join(dirname(file), from))
  }
  found = found.map((one) => ({ doc: one.doc, text: cleaned(one, source) }))
  const doc = found.map((one) => prose(one.doc)).filter((one) => one !== '')
  const signature = found
    .flatMap((one) => one.text)
    .map((line) => line.replace(/^export (?:declare )?/, '').replace(/^( *) {2}\1/, (spaces) => spaces))
    .map((line) => line.replace(/^ +/, (spaces) => ' '.repeat(Math.ceil(spaces.length / 2))).replace(/;$/, ''))
  return { name, file, doc: doc.join('\n\n'), signature: signature.join('\n') }
}

function entries(packageName) {
  return [...exported(packageName)].map(([name, file]) => ({ ...entry(packageName, name, file), from: file }))
}

const isIn = (file, places) => places.some((one) => (one.endsWith('/') ? file.startsWith(one) : file === one))

/** Everything public that has no doc comment. */
export function undocumented() {
  return ['client', 'testing'].flatMap((name) =>
    entries(name)
      .filter((one) => one.doc === '')
      .map((one) => `${name}: ${one.name}`),
  )
}

/** Path -> text of every page. */
export function pages() {
  const client = entries('client')
  const made = new Map()
  const index = []
  const placed = new Set()
  for (const { id, title, places } of GROUPS) {
    const own = id === 'testing' ? entries('testing') : client.filter((one) => isIn(one.from, places))
    for (const one of own) placed.add(one.name)
    own.sort((a, b) => (a.name < b.name ? -1 : 1))
    const from = id === 'testing' ? '@millrace/testing' : '@millrace/client'
    const parts = own.map((one) => `## ${one.name}\n\n${one.doc}\n\n\`\`\`ts\n${one.signature}\n\`\`\`\n`)
    const head = `# ${title}\n\nFrom \`${from}\`. Written by \`node scripts/api.mjs\` from the sources; change those, not this.\n\n`
    made.set(`${FOLDER}/${id}.md`, `${head}${parts.join('\n')}`)
    index.push(`- [${title}](${id}.md): ${own.map((one) => `\`${one.name}\``).join(', ')}`)
  }
  const left = client.filter((one) => !placed.has(one.name)).map((one) => `${one.name} (${one.from})`)
  if (left.length > 0) throw new Error(`on no page: ${left.join(', ')}`)
  made.set(
    `${FOLDER}/README.md`,
    `# Reference\n\nEvery public name. Written by \`node scripts/api.mjs\`.\n\n${index.join('\n')}\n`,
  )
  return made
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, FOLDER), { recursive: true })
  for (const [path, text] of pages()) writeFileSync(join(root, path), text)
  for (const one of undocumented()) console.log(`no doc comment: ${one}`)
}
