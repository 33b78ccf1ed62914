/** An element without attributes: either others are in it, or a text. */
export interface Element {
  readonly name: string
  readonly children: Element[]
  text: string
}

const NESTING_MAX = 16

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Tags, a declaration or comment, CDATA. */
const MARKUP = /<(?:\?[^>]*\?|!--(?:(?!-->)[^])*--|!\[CDATA\[((?:(?!\]\]>)[^])*)\]\]|(\/)?([A-Za-z][\w.-]*)\s*(\/)?)>/y

/**
 * As much XML as maps are written in: elements, texts, the five entities and characters by number. No attributes, no
 * document type and so no entities of its own. Throws SyntaxError for anything else.
 */
export function parseXml(text: string): Element {
  const outer: Element = { name: '', children: [], text: '' }
  const open: Element[] = [outer]
  let at = 0
  while (at < text.length) {
    const element = open[open.length - 1] as Element
    const next = text.indexOf('<', at)
    const end = next < 0 ? text.length : next
    element.text += decoded(text.slice(at, end))
    at = end
    if (next < 0) break
    MARKUP.lastIndex = at
    const match = MARKUP.exec(text)
    if (match === null) throw new SyntaxError(`no element at character ${at}`)
    at = MARKUP.lastIndex
    const [, data, closing, name, empty] = match
    if (data !== undefined) element.text += data
    if (name === undefined) continue
    if (closing !== undefined) {
      if (element.name !== name || open.length === 1) throw new SyntaxError(`</${name}> closes nothing`)
      open.pop()
      continue
    }
    const child: Element = { name, children: [], text: '' }
    element.children.push(child)
    if (empty !== undefined) continue
    open.push(child)
    if (open.length > NESTING_MAX) throw new SyntaxError(`more than ${NESTING_MAX} elements inside each other`)
  }
  const [root, second] = outer.children
  if (open.length > 1 || root === undefined || second !== undefined || outer.text.trim() !== '') {
    throw new SyntaxError('expected one element')
  }
  return root
}

function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;]{0,8};?)/g, (whole, body: string) => {
    const name = body.slice(0, -1)
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
    if (known !== undefined && body.endsWith(';')) return known
    const number = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}));$/.exec(body)
    const code = number === null ? -1 : Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16)
    if (code < 0 || code > 0x10ffff) throw new SyntaxError(`${whole.slice(0, 12)} is no character`)
    return String.fromCodePoint(code)
  })
}

/** What means something in XML, and characters that it does not have. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => {
    switch (character) {
      case '&':
        return '&amp;'
      case '<':
        return '&lt;'
      case '>':
        return '&gt;'
      case '"':
        return '&quot;'
      default:
        return '&apos;'
    }
  })
}
