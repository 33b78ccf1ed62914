import type { Primitive, PrimitiveMap } from '@millrace/base'
import { plainJson } from './plain-json.ts'
import { typedText, typedValue, typeName } from './typed-value.ts'
import { type Element, escapeXml, parseXml } from './xml.ts'

/*
 *   <map><entry><string>name</string><string>Dejan</string></entry><entry><string>age</string><int>5</int></entry></map>
 */

export function mapXml(map: PrimitiveMap): string {
  const entries = [...map].map(([key, value]) => `<entry>${element('string', key)}${valueXml(value)}</entry>`)
  return `<map>${entries.join('')}</map>`
}

function valueXml(value: Primitive): string {
  const type = typeName(value.tag)
  if (type === 'null') return '<null/>'
  // What is inside another map or a list has no such form.
  return type === null ? element('string', plainJson(value)) : element(type, typedText(value))
}

function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`
}

/** The other way round. Throws for anything else. */
export function mapOfXml(text: string): PrimitiveMap {
  const root = parseXml(text)
  if (root.name !== 'map') throw new TypeError(`expected <map>, got <${root.name}>`)
  const map: PrimitiveMap = new Map()
  for (const entry of root.children) {
    const [key, value] = entry.children
    if (entry.name !== 'entry' || key === undefined || value === undefined || entry.children.length !== 2) {
      throw new TypeError('an <entry> has a key and a value')
    }
    map.set(key.text, valueOf(value))
  }
  return map
}

function valueOf({ name, text }: Element): Primitive {
  return typedValue(name, text)
}
