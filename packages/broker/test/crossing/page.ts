import { READERS, type Row, ROWS } from './table.ts'

const BEFORE = `# What becomes of a message on the other side

What one protocol sends another reads. This page is written from the table that the tests run
(\`packages/broker/test/crossing/table.ts\`): every row is sent by every protocol that can say it, to a queue and to a topic,
and read by every protocol. "as sent" means: not a byte, a type or a header is different.
`

const AFTER = `
\`destination\`, \`timestamp\` and the message id are as the sender and the broker have set them, for every reader. The kind of a
STOMP message can be seen by its \`content-length\`: bytes have one, texts have none unless there is a NUL in them.

STOMP has no types for properties: what it sends are strings, and selectors of its subscriptions compare them with numbers all the
same. It sends maps with \`transformation:jms-map-json\`, \`jms-map-xml\` or \`json\`, and reads them in the same forms when its
SUBSCRIBE says so: see [stomp.md](stomp.md).
`

/** docs/protocols/crossing.md */
export function crossingPage(): string {
  const head = ['What is sent', ...READERS.map((reader) => `${reader} reads`)]
  const rows = [head, ...ROWS.map(cells)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0))))
  lines.splice(1, 0, line(widths.map((width) => '-'.repeat(width))))
  return `${BEFORE}\n${lines.join('\n')}\n${AFTER}`
}

function line(padded: readonly string[]): string {
  return `| ${padded.join(' | ')} |`
}

function cells({ what, seen, except = {} }: Row): string[] {
  return [
    what,
    ...READERS.map((reader) => {
      const usual = seen[reader]?.words ?? 'as sent'
      const others = Object.entries(except)
        .filter(([name]) => name.startsWith(reader))
        .map(([name, { words }]) => `${name}: ${words}`)
      return [usual, ...others].join('; ')
    }),
  ]
}
