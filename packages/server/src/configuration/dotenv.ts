/**
 * Reads `.env` files strictly: `NAME=value` lines, `#` comments, single quotes verbatim, double quotes with \n \r \t \" \\.
 * What it cannot read it refuses by file and line, never showing the text, which may be a secret.
 */

/** One `NAME=value` with the line it stands on. */
export interface Assignment {
  readonly name: string
  readonly value: string
  readonly line: number
}

export interface ParsedFile {
  readonly assignments: readonly Assignment[]
  /** What is wrong, each beginning with `file:line`. */
  readonly problems: readonly string[]
}

/** Parses the bytes of a `.env` file; `file` names it in problems. */
export function parseDotenv(file: string, bytes: Buffer): ParsedFile {
  const assignments = new Map<string, Assignment>()
  const problems: string[] = []
  const lines = decode(bytes)
  if (lines === null) return { assignments: [], problems: [`${file}:1 is not UTF-8 text`] }
  for (const [index, raw] of lines.entries()) {
    const line = index + 1
    const read = readLine(raw)
    if (read === null) continue
    if (typeof read === 'string') {
      problems.push(`${file}:${line} ${read}`)
      continue
    }
    const earlier = assignments.get(read.name)
    if (earlier === undefined) assignments.set(read.name, { ...read, line })
    else problems.push(`${file}:${line} sets ${read.name} again, which line ${earlier.line} set already`)
  }
  return { assignments: [...assignments.values()], problems }
}

function decode(bytes: Buffer): string[] | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text.split(/\r?\n/)
  } catch {
    // Not text: refused by the caller, whatever the decoder says of it.
    return null
  }
}

/** Null: nothing there. A string: what is wrong with it. */
function readLine(raw: string): { name: string; value: string } | string | null {
  const line = raw.trim()
  if (line === '' || line.startsWith('#')) return null
  const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line)
  if (match === null) return 'is not of the form NAME=value'
  const [, name = '', rest = ''] = match
  const quote = rest[0]
  if (quote !== '"' && quote !== "'") return { name, value: rest.replace(/(^|\s)#.*$/, '').trim() }
  const quoted = (quote === '"' ? /^"((?:[^"\\]|\\.)*)"\s*(.*)$/ : /^'([^']*)'\s*(.*)$/).exec(rest)
  if (quoted === null) return `opens a quote for ${name} and does not close it`
  const [, inside = '', after = ''] = quoted
  if (after !== '' && !after.startsWith('#')) return `has text after the quoted value of ${name}`
  return { name, value: quote === '"' ? unquote(inside) : inside }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function unquote(text: string): string {
  return text.replace(/\\(.)/g, (_all, character: string) => escapes[character] ?? character)
}
