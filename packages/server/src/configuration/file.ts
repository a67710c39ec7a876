/** `castellan.yaml`: its schema, and refusals that name the line and the key that was probably meant. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, Tier } from '@castellan/contracts'
import { isMap, isNode, LineCounter, type Node, parseDocument } from 'yaml'
import * as z from 'zod'
import { nearest } from './nearest.ts'

/** The name of the file in an instance directory. */
export const fileName = 'castellan.yaml'

/** 2–30 of a–z, 0–9 and -, as DESIGN §8 has it. */
export const instanceName = z.string().regex(/^[a-z0-9-]{2,30}$/, 'must be 2–30 of a–z, 0–9 and -')

const word = z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/, 'must be 1–30 of a–z, 0–9 and -')
const skillName = z
  .string()
  .regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/, 'must be the name of a skill, e.g. web.fetch')
const count = (most: number) => z.int().min(1, 'must be at least 1').max(most, `must be at most ${most}`)

const Budget = z.strictObject({
  calls_per_day: count(1_000_000).default(1_000),
  tokens_per_day: count(10_000_000_000).default(5_000_000),
  steps_per_run: count(1_000).default(25),
})

const defaultPrompt = 'You are a careful assistant. Be brief and exact.'

const PersonaFile = z.strictObject({
  prompt: z.string().min(1).max(20_000).default(defaultPrompt),
  /** `*`: every built-in skill; an empty list: none. */
  skills: z.union([z.literal('*'), z.array(skillName)], "must be '*' or a list of skills").default([]),
  tier: Tier.exclude(['embedding']).default('medium'),
  memory: word.default('shared'),
  /** Whether what strangers wrote reaches its model as sealed values only. */
  sealed: z.boolean().default(true),
  /** Bits of sealed content that a reader's answers may show its model in one run. */
  influence_bits: z.int().min(0, 'must be at least 0').max(4096, 'must be at most 4096').default(32),
  budget: Budget.prefault({}),
})

const exception = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):\d{1,5}$/i, 'must be host:port, e.g. nas.local:8080')

const File = z.strictObject({
  name: instanceName,
  port: z.int().min(1024).max(65_535).optional(),
  personas: z
    .record(word, PersonaFile)
    .refine((all) => 'default' in all, 'must have a persona named default')
    .default({ default: PersonaFile.parse({ skills: '*' }) }),
  egress: z.strictObject({ allow: z.array(exception).default([]) }).prefault({}),
})
export type InstanceFile = z.infer<typeof File>
/** A named agent as the file describes it. */
export type PersonaOptions = z.infer<typeof PersonaFile>

/** Reads `castellan.yaml`. Rejects with `bad_configuration`, one line per problem. */
export async function readInstanceFile(directory: string): Promise<InstanceFile> {
  const text = await readFile(join(directory, fileName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new CastellanError('bad_configuration', `there is no ${fileName} in ${directory}`, {
      hint: 'make an instance there with castellan init, or name another one with --dir',
    })
  })
  return parseInstanceFile(text)
}

/** Parses the text of a `castellan.yaml`. Throws `bad_configuration`. */
export function parseInstanceFile(text: string): InstanceFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    refuse(document.errors.map((error) => at(lines.linePos(error.pos[0]).line, syntax(error))))
  }
  const parsed = File.safeParse(values(document), { reportInput: true })
  if (parsed.success) return deepFreeze(parsed.data)
  const lineOf = (node: unknown) => (isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1)
  return refuse(parsed.error.issues.flatMap((issue) => describe(issue, document.contents, lineOf)))
}

function values(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    // Past the library's bound on aliases: a file of a few lines that would unfold to gigabytes.
    return refuse([at(1, 'has too many aliases')])
  }
}

function syntax(error: { code: string; message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'has a key twice'
  return `is not valid YAML (${error.message.split(/[\n:]/)[0] ?? error.code})`
}

function describe(issue: z.core.$ZodIssue, root: Node | null, lineOf: (node: unknown) => number): string[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const parent = nodeAt(root, path)
    const known = keysOf(File, path)
    return issue.keys.map((key) => {
      const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined
      const guess = nearest(key, known)
      const advice = guess === undefined ? `known here: ${known.join(', ')}` : `did you mean ${guess}?`
      return at(lineOf(pair?.key), `${[...path, key].join('.')} is not known; ${advice}`)
    })
  }
  return [at(lineOf(nodeAt(root, path)), `${path.join('.') || 'the file'} ${wording(issue)}`)]
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_key') return 'has a key that is not 1–30 of a–z, 0–9 and -'
  return issue.message
}

/** The deepest node that exists on the way to a path. */
function nodeAt(root: Node | null, path: readonly string[]): unknown {
  let node: unknown = root
  for (const key of path) {
    const next: unknown = isMap(node) ? node.get(key, true) : undefined
    if (!isNode(next)) break
    node = next
  }
  return node
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

function at(line: number, words: string): string {
  return `${fileName}:${line} ${words}`
}

function refuse(problems: readonly string[]): never {
  throw new CastellanError('bad_configuration', [...new Set(problems)].join('\n'), {
    hint: `correct ${fileName} and start again; nothing was changed`,
  })
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child)
    Object.freeze(value)
  }
  return value
}
