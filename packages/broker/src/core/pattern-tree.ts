import type { Destination } from '../message/destination.ts'

interface Node<T> {
  readonly children: Map<string, Node<T>>
  /** Of patterns that end here. */
  readonly values: Set<T>
  /** Of patterns that end here with `>`: they match whatever follows, and nothing too. */
  readonly deep: Set<T>
}

/**
 * Patterns by their elements, so that a name is compared with those only that can match it: a hundred thousand patterns
 * that have nothing to do with it cost it nothing. The same rules as `Destination.matches`.
 */
export class PatternTree<T> {
  /** By the kind of destination. */
  readonly #roots = new Map<number, Node<T>>()

  add(pattern: Destination, value: T): void {
    const { elements, deep } = pathOf(pattern)
    let node: Node<T> = this.#roots.get(pattern.kind) ?? newNode()
    this.#roots.set(pattern.kind, node)
    for (const element of elements) {
      const child: Node<T> = node.children.get(element) ?? newNode()
      node.children.set(element, child)
      node = child
    }
    if (deep) node.deep.add(value)
    else node.values.add(value)
  }

  remove(pattern: Destination, value: T): void {
    const { elements, deep } = pathOf(pattern)
    const path: Node<T>[] = []
    let node = this.#roots.get(pattern.kind)
    for (const element of elements) {
      if (node === undefined) return
      path.push(node)
      node = node.children.get(element)
    }
    if (node === undefined) return
    if (deep) node.deep.delete(value)
    else node.values.delete(value)
    for (let i = elements.length - 1; i >= 0 && isEmpty(node); i--) {
      node = path[i] as Node<T>
      node.children.delete(elements[i] as string)
    }
  }

  /** Of every pattern that covers this plain destination, each value once. */
  matching(destination: Destination): Set<T> {
    const found = new Set<T>()
    const root = this.#roots.get(destination.kind)
    if (root !== undefined) collect(root, destination.name.split('.'), 0, found)
    return found
  }
}

function collect<T>(node: Node<T>, name: readonly string[], at: number, found: Set<T>): void {
  for (const value of node.deep) found.add(value)
  if (at === name.length) {
    for (const value of node.values) found.add(value)
    return
  }
  const child = node.children.get(name[at] as string)
  if (child !== undefined) collect(child, name, at + 1, found)
  const any = node.children.get('*')
  if (any !== undefined && any !== child) collect(any, name, at + 1, found)
}

/** `>` has its meaning at the end only. */
function pathOf(pattern: Destination): { elements: string[]; deep: boolean } {
  const elements = pattern.name.split('.')
  const deep = elements[elements.length - 1] === '>'
  if (deep) elements.pop()
  return { elements, deep }
}

function newNode<T>(): Node<T> {
  return { children: new Map(), values: new Set(), deep: new Set() }
}

function isEmpty<T>(node: Node<T>): boolean {
  return node.children.size === 0 && node.values.size === 0 && node.deep.size === 0
}
