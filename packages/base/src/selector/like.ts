// LIKE without regular expressions: a selector comes from a client, and a backtracking matcher in its hands stops the
// broker. The pattern is cut at its `%` into segments. The first and the last are fixed to the ends of the text; each one
// between is searched from where the one before ended, and the leftmost place is always good enough, so nothing is
// ever tried twice. A segment without `_` is searched in linear time (Knuth, Morris, Pratt), one with `_` place by place,
// for which its length has a limit.

/** What is matched: a string. Tests hand in something that counts. */
export interface Characters {
  readonly length: number
  charCodeAt(index: number): number
}

/** The longest segment with `_` that may stand between two `%`. */
export const SEARCHED_WILDCARDS_MAX = 128

/** One character, which may be a surrogate pair. */
const ANY_CHARACTER = -1

interface Segment {
  /** UTF-16 units, and ANY_CHARACTER for `_`. */
  readonly units: Int32Array
  readonly hasWildcard: boolean
  /** For each unit, how many units of the segment's beginning also end there. Empty where nothing is searched. */
  readonly borders: Int32Array
}

export class LikePattern {
  /** In order; the first begins the text and the last ends it. Just one if there is no `%`. */
  readonly #segments: readonly Segment[]

  /**
   * `escape`: one UTF-16 unit, or null. Before `%`, `_` and itself it takes away their meaning, before anything else it
   * stands for itself. Throws RangeError when a segment that must be searched is too long.
   */
  constructor(pattern: string, escape: string | null) {
    this.#segments = segmentsOf(pattern, escape)
  }

  matches(text: Characters): boolean {
    const segments = this.#segments
    const first = segments[0] as Segment
    let at = matchForward(text, 0, text.length, first)
    if (at < 0) return false
    if (segments.length === 1) return at === text.length
    const end = matchBackward(text, at, text.length, segments[segments.length - 1] as Segment)
    if (end < 0) return false
    for (let i = 1; i < segments.length - 1; i++) {
      const segment = segments[i] as Segment
      at = segment.hasWildcard ? searchPlaces(text, at, end, segment) : searchExact(text, at, end, segment)
      if (at < 0) return false
    }
    return true
  }
}

function segmentsOf(pattern: string, escape: string | null): Segment[] {
  const pieces: number[][] = [[]]
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i)
    const next = pattern.charAt(i + 1)
    const piece = pieces[pieces.length - 1] as number[]
    if (character === escape && (next === '%' || next === '_' || next === escape)) {
      piece.push(next.charCodeAt(0))
      i++
    } else if (character === '%') {
      pieces.push([])
    } else {
      piece.push(character === '_' ? ANY_CHARACTER : character.charCodeAt(0))
    }
  }
  const last = pieces.length - 1
  // An empty segment between two `%` matches everywhere.
  const kept = pieces.filter((piece, i) => i === 0 || i === last || piece.length > 0)
  return kept.map((piece, i) => segmentOf(piece, i > 0 && i < kept.length - 1))
}

function segmentOf(piece: readonly number[], searched: boolean): Segment {
  const units = Int32Array.from(piece)
  const hasWildcard = piece.includes(ANY_CHARACTER)
  if (searched && hasWildcard && units.length > SEARCHED_WILDCARDS_MAX) {
    throw new RangeError(`more than ${SEARCHED_WILDCARDS_MAX} characters with _ between two %`)
  }
  return { units, hasWildcard, borders: searched && !hasWildcard ? bordersOf(units) : new Int32Array(0) }
}

function bordersOf(units: Int32Array): Int32Array {
  const borders = new Int32Array(units.length)
  let border = 0
  for (let i = 1; i < units.length; i++) {
    while (border > 0 && units[border] !== units[i]) border = borders[border - 1] as number
    if (units[border] === units[i]) border++
    borders[i] = border
  }
  return borders
}

/** The end of the segment when it stands at `at`, else -1. */
function matchForward(text: Characters, at: number, end: number, segment: Segment): number {
  const units = segment.units
  let position = at
  for (let i = 0; i < units.length; i++) {
    if (position >= end) return -1
    const unit = text.charCodeAt(position)
    if (units[i] === ANY_CHARACTER) {
      position += isHigh(unit) && position + 1 < end && isLow(text.charCodeAt(position + 1)) ? 2 : 1
    } else if (units[i] === unit) {
      position++
    } else {
      return -1
    }
  }
  return position
}

/** The beginning of the segment when it ends at `end` and does not reach before `start`, else -1. */
function matchBackward(text: Characters, start: number, end: number, segment: Segment): number {
  const units = segment.units
  let position = end
  for (let i = units.length - 1; i >= 0; i--) {
    if (position <= start) return -1
    const unit = text.charCodeAt(--position)
    if (units[i] === ANY_CHARACTER) {
      if (isLow(unit) && position > start && isHigh(text.charCodeAt(position - 1))) position--
    } else if (units[i] !== unit) {
      return -1
    }
  }
  return position
}

/** The end of the first place from `start` on where the segment stands whole before `end`, else -1. */
function searchExact(text: Characters, start: number, end: number, segment: Segment): number {
  const { units, borders } = segment
  let matched = 0
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    while (matched > 0 && units[matched] !== unit) matched = borders[matched - 1] as number
    if (units[matched] === unit && ++matched === units.length) return i + 1
  }
  return -1
}

function searchPlaces(text: Characters, start: number, end: number, segment: Segment): number {
  // Each `_` and each unit takes at least one.
  const last = end - segment.units.length
  for (let at = start; at <= last; at++) {
    if (at > start && isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1))) continue
    const found = matchForward(text, at, end, segment)
    if (found >= 0) return found
  }
  return -1
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
