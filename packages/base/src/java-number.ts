/** The text that Java's `Double.toString` gives: always a point, an exponent from 10^7 up and below 10^-3. */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return withPoint(String(value))
  const text = value.toExponential()
  // Where one digit would do, Java writes the two that are nearest: 4.9E-324.
  const [mantissa, exponent] = (/^-?\de/.test(text) ? value.toExponential(1) : text).split('e')
  return `${withPoint(mantissa ?? '')}E${Number(exponent)}`
}

/** The same for `Float.toString`: the fewest digits that lead back to this float. */
export function javaFloatText(value: number): string {
  if (value === 0) return javaDoubleText(value)
  for (let digits = 2; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return javaDoubleText(short)
  }
  return javaDoubleText(Number(value.toPrecision(9)))
}

function withPoint(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`
}
