/**
 * An SQL file as single statements with their lines. Comments, strings, quoted names and dollar quotes are told apart as
 * PostgreSQL does it; should this ever be fooled, PostgreSQL takes only one statement at a time from us and says so.
 */

/** One statement of a file. */
export interface Statement {
  readonly text: string
  /** Where `text` begins in the file. */
  readonly at: number
  /** The line of its first word, from 1. */
  readonly line: number
  /** The same in lower case without comments and with every string and quoted name emptied, for reading its words. */
  readonly words: string
}

/** What may stand at one place besides plain text: a pattern and what is read instead of it. */
const pieces: readonly (readonly [RegExp, string])[] = [
  [/--[^\n]*/y, ' '],
  [/[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y, " '' "],
  [/'(?:[^']|'')*'/y, " '' "],
  [/"(?:[^"]|"")*"/y, ' "" '],
]

const word = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy
const dollar = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy

/** Splits a file at the semicolons that end statements. */
export function splitStatements(sql: string): Statement[] {
  const found: Statement[] = []
  let [from, words] = [0, '']
  const end = (to: number) => {
    const text = sql.slice(from, to)
    const read = words.replace(/\s+/g, ' ').trim()
    if (read !== '') found.push({ text, at: from, line: lineAt(sql, from + firstWord(text)), words: read })
    ;[from, words] = [to + 1, '']
  }
  for (let at = 0; at < sql.length; ) {
    if (sql[at] === ';') end(at++)
    else {
      const piece = pieceAt(sql, at)
      words += piece.read
      at = piece.end
    }
  }
  end(sql.length)
  return found
}

function pieceAt(sql: string, at: number): { read: string; end: number } {
  for (const [pattern, read] of pieces) {
    pattern.lastIndex = at
    if (pattern.test(sql)) return { read, end: pattern.lastIndex }
  }
  if (sql.startsWith('/*', at)) return { read: ' ', end: endOfComment(sql, at) }
  dollar.lastIndex = at
  const tag = dollar.exec(sql)?.[0]
  if (tag !== undefined) {
    const close = sql.indexOf(tag, at + tag.length)
    return { read: " '' ", end: close === -1 ? sql.length : close + tag.length }
  }
  word.lastIndex = at
  const name = word.exec(sql)?.[0]
  if (name !== undefined) return { read: name.toLowerCase(), end: at + name.length }
  return { read: sql[at] ?? '', end: at + 1 }
}

/** Comments nest. */
function endOfComment(sql: string, from: number): number {
  let depth = 0
  for (let at = from; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) [depth, at] = [depth + 1, at + 1]
    else if (sql.startsWith('*/', at)) {
      ;[depth, at] = [depth - 1, at + 1]
      if (depth === 0) return at + 1
    }
  }
  return sql.length
}

/** Where a statement's own text begins, behind blanks and comments. */
function firstWord(text: string): number {
  let at = 0
  for (;;) {
    const blank = /^\s+/.exec(text.slice(at))?.[0].length ?? 0
    at += blank
    if (text.startsWith('--', at)) {
      const newline = text.indexOf('\n', at)
      at = newline === -1 ? text.length : newline
    } else if (text.startsWith('/*', at)) at = endOfComment(text, at)
    else return at
  }
}

/** The line of a place in a text, from 1. */
export function lineAt(text: string, at: number): number {
  let line = 1
  for (let i = 0; i < at && i < text.length; i++) if (text[i] === '\n') line++
  return line
}
