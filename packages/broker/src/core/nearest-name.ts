/** The one of these names that was probably meant, as `; did you mean maxDestinations?`; empty if none is near. */
export function didYouMean(name: string, names: Iterable<string>): string {
  let nearest: string | null = null
  // Half of the letters may be wrong.
  let least = Math.floor(name.length / 2) + 1
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least)
    if (distance >= least) continue
    least = distance
    nearest = candidate
  }
  return nearest === null ? '' : `; did you mean ${nearest}?`
}

/** Letters to be added, removed or replaced; `max` when it is as many or more. */
function editDistance(one: string, other: string, max: number): number {
  if (Math.abs(one.length - other.length) >= max) return max
  let above = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 0; i < one.length; i++) {
    const row = [i + 1]
    for (let k = 0; k < other.length; k++) {
      const replaced = (above[k] ?? 0) + (one[i] === other[k] ? 0 : 1)
      row.push(Math.min(replaced, (above[k + 1] ?? 0) + 1, (row[k] ?? 0) + 1))
    }
    above = row
  }
  return Math.min(above.at(-1) ?? 0, max)
}
