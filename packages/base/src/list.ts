/** Links that an element of a `LinkedList` carries itself; owned by the list it is in. */
export interface Linked<T> {
  previous: T | null
  next: T | null
}

/**
 * A list whose elements carry their own links, so that one in the middle can be taken out without a search. An element
 * is in at most one list that uses these links.
 */
export class LinkedList<T extends Linked<T>> {
  first: T | null = null
  last: T | null = null
  length = 0

  push(element: T): void {
    element.previous = this.last
    element.next = null
    if (this.last === null) this.first = element
    else this.last.next = element
    this.last = element
    this.length++
  }

  unshift(element: T): void {
    element.previous = null
    element.next = this.first
    if (this.first === null) this.last = element
    else this.first.previous = element
    this.first = element
    this.length++
  }

  /** `before` is in this list, or null for the end. */
  insertBefore(element: T, before: T | null): void {
    if (before === null) {
      this.push(element)
      return
    }
    if (before.previous === null) {
      this.unshift(element)
      return
    }
    element.previous = before.previous
    element.next = before
    before.previous.next = element
    before.previous = element
    this.length++
  }

  remove(element: T): void {
    if (element.previous === null) this.first = element.next
    else element.previous.next = element.next
    if (element.next === null) this.last = element.previous
    else element.next.previous = element.previous
    element.previous = null
    element.next = null
    this.length--
  }

  shift(): T | null {
    const element = this.first
    if (element !== null) this.remove(element)
    return element
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let element = this.first; element !== null; element = element.next) yield element
  }
}
