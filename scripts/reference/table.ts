/** Markdown tables whose columns are padded to one width, so that a changed cell is a small difference to review. */

/** A table with a heading row. A `|` in a cell is escaped. */
export function table(heading: readonly string[], body: readonly (readonly string[])[]): string {
  const rows = [heading, ...body].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = heading.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[], filler: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, filler)).join(' | ')} |\n`
  const [head = [], ...others] = rows
  return [line(head, ' '), line([], '-'), ...others.map((row) => line(row, ' '))].join('')
}
