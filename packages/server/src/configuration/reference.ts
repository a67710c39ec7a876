/** docs/reference/options.md, made from the table of options. */
import { bootNames, type OptionName, options, runtimeNames } from './options.ts'
import type { OptionValue } from './values.ts'

/** The page as Markdown; a test compares it with the committed one. */
export function optionsReference(): string {
  return `# Options

Made from \`packages/server/src/configuration/options.ts\` by \`node scripts/reference.ts\`; do not edit.

An instance reads, a later one winning: its \`castellan.yaml\` (\`port\` only), \`.env\`, \`.env.<CASTELLAN_ENV>\`,
\`.env.secrets\`, \`.env.local\`, the process environment. A secret can also be given as \`<NAME>_FILE\`, the path of a file
that holds it. An empty value means the default.

## Read at every start

${table(bootNames)}
## Kept in the database

The value found at first start is written into the database. From then on it is changed in the UI under Settings, or with
\`PUT /api/settings/<NAME>\`; what the files say differently is shown there and not applied.

${table(runtimeNames)}`
}

/** Columns padded to one width, as the formatter wants them. */
function table(names: readonly OptionName[]): string {
  const rows = names.map((name) => {
    const { kind, secret, doc, default: fallback } = options[name]
    return [`\`${name}\``, `${kind.type}${secret ? ', secret' : ''}`, shown(fallback), doc]
  })
  const cells = [['option', 'type', 'default', 'what for'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[], filler: string) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(' | ')} |\n`
  const [head = [], ...body] = cells
  return [line(head, ' '), line(['', '', '', ''], '-'), ...body.map((row) => line(row, ' '))].join('')
}

function shown(value: OptionValue): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return '—'
  return `\`${String(value)}\``
}
