import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Linked, LinkedList } from '../src/list.ts'

class Element implements Linked<Element> {
  previous: Element | null = null
  next: Element | null = null
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

function names(list: LinkedList<Element>): string {
  const forward = [...list].map(({ name }) => name)
  const backward: string[] = []
  for (let element = list.last; element !== null; element = element.previous) backward.unshift(element.name)
  assert.deepEqual(backward, forward)
  assert.equal(list.length, forward.length)
  return forward.join('')
}

function listOf(...elements: Element[]): LinkedList<Element> {
  const list = new LinkedList<Element>()
  for (const element of elements) list.push(element)
  return list
}

test('push goes to the end, unshift to the beginning', () => {
  const list = listOf(new Element('b'), new Element('c'))
  list.unshift(new Element('a'))
  assert.equal(names(list), 'abc')
  const other = new LinkedList<Element>()
  other.unshift(new Element('x'))
  other.push(new Element('y'))
  assert.equal(names(other), 'xy')
})

test('insertBefore puts it in the middle, at the beginning, and at the end for null', () => {
  const [b, d] = [new Element('b'), new Element('d')]
  const list = listOf(b, d)
  list.insertBefore(new Element('c'), d)
  list.insertBefore(new Element('a'), b)
  list.insertBefore(new Element('e'), null)
  assert.equal(names(list), 'abcde')
})

test('an element is taken out wherever it is, and its links are cleared', () => {
  const [a, b, c] = [new Element('a'), new Element('b'), new Element('c')]
  const list = listOf(a, b, c)
  list.remove(b)
  assert.equal(names(list), 'ac')
  assert.equal(b.previous, null)
  assert.equal(b.next, null)
  list.remove(c)
  list.remove(a)
  assert.equal(names(list), '')
  assert.equal(list.first, null)
  assert.equal(list.last, null)
  list.push(b)
  assert.equal(names(list), 'b')
})

test('shift takes the first, and null when there is none', () => {
  const list = listOf(new Element('a'), new Element('b'))
  assert.equal(list.shift()?.name, 'a')
  assert.equal(list.shift()?.name, 'b')
  assert.equal(list.shift(), null)
  assert.equal(list.length, 0)
})

test('any sequence of changes gives what an array gives', () => {
  const changes = fc.array(fc.tuple(fc.constantFrom('push', 'unshift', 'insert', 'remove', 'shift'), fc.nat()))
  fc.assert(
    fc.property(changes, (steps) => {
      const list = new LinkedList<Element>()
      const model: Element[] = []
      steps.forEach(([what, where], i) => {
        const element = new Element(String.fromCharCode(97 + (i % 26)))
        const at = where % (model.length + 1)
        const there = model[at] ?? null
        if (what === 'push') {
          list.push(element)
          model.push(element)
        } else if (what === 'unshift') {
          list.unshift(element)
          model.unshift(element)
        } else if (what === 'insert') {
          list.insertBefore(element, there)
          model.splice(at, 0, element)
        } else if (what === 'shift') {
          assert.equal(list.shift(), model.shift() ?? null)
        } else if (there !== null) {
          list.remove(there)
          model.splice(at, 1)
        }
        assert.equal(names(list), model.map(({ name }) => name).join(''))
      })
    }),
  )
})
