/** A YAML file read by a schema. What does not fit is said with its line and the key that was probably meant. */
import { isMap, isNode, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import * as z from 'zod'
import { nearest } from './nearest.ts'

/** What is wrong in one line of a file. */
export interface LineProblem {
  readonly line: number
  readonly message: string
}

/** What was read, or what is wrong with it. `lineOf` finds the line of the deepest node on the way to a path. */
export type ReadYaml<T> =
  | { readonly value: T; readonly lineOf: (path: readonly PropertyKey[]) => number }
  | { readonly problems: readonly LineProblem[] }

/** Parses a text strictly. Never throws. */
export function readYaml<T>(text: string, schema: z.ZodType<T>): ReadYaml<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      message: syntax(error),
    }))
    return { problems }
  }
  const values = plain(document)
  if (values === undefined) return { problems: [{ line: 1, message: 'has too many aliases' }] }
  const parsed = schema.safeParse(values, { reportInput: true })
  const lineOf = (node: unknown) => (isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1)
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.flatMap((issue) => describe(issue, document.contents, schema, lineOf)),
    }
  }
  return { value: parsed.data, lineOf: (path) => lineOf(keyAt(document.contents, path.map(String))) }
}

function plain(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    // Past the library's bound on aliases: a file of a few lines that would unfold to gigabytes.
    return undefined
  }
}

function syntax(error: { code: string; message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'has a key twice'
  return `is not valid YAML (${error.message.split(/[\n:]/)[0] ?? error.code})`
}

function describe(
  issue: z.core.$ZodIssue,
  root: Node | null,
  schema: z.ZodType,
  lineOf: (node: unknown) => number,
): LineProblem[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const parent = nodeAt(root, path)
    const known = keysOf(schema, path)
    return issue.keys.map((key) => {
      const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined
      const guess = nearest(key, known)
      const advice = guess === undefined ? `known here: ${known.join(', ')}` : `did you mean ${guess}?`
      return { line: lineOf(pair?.key), message: `${[...path, key].join('.')} is not known; ${advice}` }
    })
  }
  return [{ line: lineOf(nodeAt(root, path)), message: `${path.join('.') || 'the file'} ${wording(issue)}` }]
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_key') {
    const [first] = issue.issues
    if (first?.code === 'invalid_value') return `has a key that is not ${first.values.map(String).join(', ')}`
    return issue.issues.length === 1 && first?.code === 'custom'
      ? `has a key that ${first.message}`
      : 'has a key that is not 1–30 of a–z, 0–9 and -'
  }
  return issue.message
}

/** The deepest node that exists on the way to a path. */
function nodeAt(root: Node | null, path: readonly string[]): unknown {
  let node: unknown = root
  for (const key of path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(key, true) : undefined
    if (!isNode(next)) break
    node = next
  }
  return node
}

/** The same, but the key itself where the last step is one of a map: that is where a person looks. */
function keyAt(root: Node | null, path: readonly string[]): unknown {
  const parent = nodeAt(root, path.slice(0, -1))
  const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === path.at(-1)) : undefined
  return pair?.key ?? nodeAt(root, path)
}

/** The keys a schema knows at a path. */
function keysOf(schema: z.ZodType, path: readonly string[]): string[] {
  let here: unknown = bare(schema)
  for (const key of path) {
    if (here instanceof z.ZodObject) here = bare(here.shape[key])
    else if (here instanceof z.ZodRecord) here = bare(here.valueType)
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : []
}

function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return bare(schema.unwrap())
  }
  return schema
}
