/** For people. Empty: nothing is printed. */
export async function printTable(head: readonly string[], rows: readonly (readonly unknown[])[]): Promise<void> {
  if (rows.length === 0) return
  const { default: Table } = await import('cli-table3')
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  table.push(...rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell)))))
  process.stdout.write(`${table.toString()}\n`)
}

/** `1 queue`, `2 queues`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** Ms since 1970 as people read it; 0: nothing. */
export function timeText(ms: number): string {
  return ms === 0 ? '' : new Date(ms).toISOString()
}
