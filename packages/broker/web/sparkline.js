const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 120
const HEIGHT = 32
const POINTS_MAX = 40

/** The last prices as a small curve. It shows what the numbers beside it say, so it is hidden from who hears the page. */
export class Sparkline {
  element = document.createElementNS(SVG, 'svg')
  #line = document.createElementNS(SVG, 'polyline')
  #area = document.createElementNS(SVG, 'polygon')
  #values = []

  constructor() {
    this.element.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    this.element.setAttribute('preserveAspectRatio', 'none')
    this.element.setAttribute('aria-hidden', 'true')
    this.element.classList.add('sparkline')
    this.#area.classList.add('area')
    this.#line.classList.add('curve')
    this.element.append(this.#area, this.#line)
  }

  add(value) {
    this.#values.push(value)
    if (this.#values.length > POINTS_MAX) this.#values.shift()
    const low = Math.min(...this.#values)
    const span = Math.max(...this.#values) - low || 1
    const step = WIDTH / Math.max(1, this.#values.length - 1)
    const at = (one, index) =>
      `${(index * step).toFixed(1)},${(HEIGHT - 3 - ((one - low) / span) * (HEIGHT - 6)).toFixed(1)}`
    const points = this.#values.map(at)
    if (points.length === 1) points.push(at(value, 1).replace(/^[^,]+/, String(WIDTH)))
    this.#line.setAttribute('points', points.join(' '))
    this.#area.setAttribute('points', `0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`)
  }
}
