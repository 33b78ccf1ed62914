import type { Results } from './results.ts'

const ROW = 46
const BAR = 15
const LEFT = 360
const WIDTH = 1000
const TOP = 76

/** Bars side by side for each row, on a logarithmic scale: the rows differ by more than a hundred. */
export function chart(results: Results): string {
  const values = results.rows.flatMap((row) => [row.millrace.median, row.activemq.median])
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)))
  const right = WIDTH - 110
  const x = (value: number): number => LEFT + ((right - LEFT) * Math.log10(value / low)) / Math.log10(high / low)
  const height = TOP + results.rows.length * ROW + 30
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(20, 28, `Messages per second, 1 KiB each (median of ${results.rounds})`, 'font-size="17" font-weight="bold"'),
    `<rect x="20" y="42" width="12" height="12" fill="#1b6e8c"/>`,
    text(38, 53, results.brokers.millrace),
    `<rect x="180" y="42" width="12" height="12" fill="#c9b79c"/>`,
    text(198, 53, results.brokers.activemq),
    text(
      330,
      53,
      `${results.machine.cpus} x ${results.machine.model}, Node ${results.machine.node}, ${results.date.slice(0, 10)}`,
      'fill="#777777"',
    ),
  ]
  for (let tick = low; tick <= high; tick *= 10) {
    parts.push(`<line x1="${at(x(tick))}" y1="${TOP - 8}" x2="${at(x(tick))}" y2="${height - 24}" stroke="#dddddd"/>`)
    parts.push(text(x(tick), height - 8, tick.toLocaleString('en'), 'text-anchor="middle" fill="#777777"'))
  }
  for (const [index, row] of results.rows.entries()) {
    const y = TOP + index * ROW
    const ratio = row.millrace.median / row.activemq.median
    parts.push(text(LEFT - 12, y + BAR + 5, row.title, 'text-anchor="end"'))
    parts.push(bar(x(row.millrace.median), y, '#1b6e8c'), bar(x(row.activemq.median), y + BAR + 1, '#c9b79c'))
    parts.push(
      text(
        x(row.millrace.median) + 6,
        y + 12,
        `${Math.round(row.millrace.median).toLocaleString('en')} (${ratio.toFixed(1)} x)`,
      ),
    )
    parts.push(
      text(
        x(row.activemq.median) + 6,
        y + BAR + 13,
        Math.round(row.activemq.median).toLocaleString('en'),
        'fill="#777777"',
      ),
    )
  }
  return `${parts.join('\n')}\n</svg>\n`
}

function bar(end: number, y: number, colour: string): string {
  return `<rect x="${LEFT}" y="${y}" width="${at(Math.max(1, end - LEFT))}" height="${BAR}" fill="${colour}"/>`
}

function text(x: number, y: number, content: string, more = ''): string {
  const safe = content.replace(/&/g, '&amp;').replace(/</g, '&lt;')
  return `<text x="${at(x)}" y="${at(y)}"${more === '' ? '' : ` ${more}`}>${safe}</text>`
}

function at(value: number): string {
  return value.toFixed(1)
}
