/** `castellan.yaml`: its schema, and refusals that name the line and the key that was probably meant. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, Tier } from '@castellan/contracts'
import * as z from 'zod'
import { readYaml } from './yaml.ts'

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
  /** `required`: besides the owner's own page, only documents of db/operations are answered. */
  graphql: z.strictObject({ persisted: z.enum(['optional', 'required']).default('optional') }).prefault({}),
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
  const read = readYaml(text, File)
  if ('value' in read) return deepFreeze(read.value)
  const problems = read.problems.map(({ line, message }) => `${fileName}:${line} ${message}`)
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
