/** The format of a benchmark suite as plain data (docs/guide/redteam.md), read and checked. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, Json } from '@castellan/contracts'
import * as z from 'zod'

export const ToolEffect = z.enum([
  'read',
  'read_egress',
  'send',
  'publish',
  'pay',
  'book',
  'write',
  'delete',
  'grant_access',
  'credential',
  'account_write',
])
export type ToolEffect = z.infer<typeof ToolEffect>

export const ToolRole = z.enum([
  'target',
  'object_id',
  'amount',
  'secret',
  'account',
  'content',
  'content_ref',
  'time',
  'option',
])
export type ToolRole = z.infer<typeof ToolRole>

/** A tool as the suite's table declares it; it stands in for a skill's declaration. */
export const Tool = z.object({
  name: z.string(),
  description: z.string().default(''),
  effect: ToolEffect,
  output_third_party: z.enum(['none', 'some-fields', 'whole-output']),
  attacker_fields: z.array(z.string()).default([]),
  arg_roles: z.record(z.string(), ToolRole).default({}),
  /** Words that people ask for it with, as a skill declares them; the verb of its name when absent. */
  verbs: z.array(z.string()).optional(),
})
export type Tool = z.infer<typeof Tool>

const Args = z.record(z.string(), Json)
const Step = z.object({
  tool: z.string(),
  args: Args,
  /** The arguments where an attacker can write some of them, e.g. the name of a channel. */
  args_marked: Args.optional(),
  out: z.string(),
})
export type Step = z.infer<typeof Step>

const UserTask = z.object({
  id: z.string(),
  prompt: z.string(),
  steps: z.array(Step),
  first_vector_step: z.int().nullish(),
})
export type UserTask = z.infer<typeof UserTask>

const InjectionTask = z.object({
  id: z.string(),
  goal: z.string(),
  /** What stands at each vector, by its id, where the attack is split up; the goal stands at all others. */
  payloads: z.record(z.string(), z.string()).default({}),
  steps: z.array(Step),
})
export type InjectionTask = z.infer<typeof InjectionTask>

const Output = z.object({
  text: z.string(),
  marked: z.string().optional(),
  json: Json.optional(),
  /** Pointers to what strangers wrote, where that is kept with each record (a memory, a file) and no table can say it. */
  third_party: z.array(z.string()).optional(),
})
export type Output = z.infer<typeof Output>

export const Suite = z.object({
  suite: z.string(),
  tools: z.array(Tool),
  environment: Json.default({}),
  injection_vectors: z.array(z.object({ id: z.string(), default: z.string().default('') })).default([]),
  user_tasks: z.array(UserTask),
  injection_tasks: z.array(InjectionTask),
  outputs: z.record(z.string(), Output),
})
export type Suite = z.infer<typeof Suite>

/** Reads every suite of a directory (`suites/*.json`, else `*.json`). Rejects with `bad_request` or `not_found`. */
export async function readSuites(directory: string): Promise<Suite[]> {
  const folder = (await isFolder(join(directory, 'suites'))) ? join(directory, 'suites') : directory
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CastellanError('not_found', `There is no directory ${directory}.`, { cause })
  })
  const files = names.filter((name) => name.endsWith('.json') && name !== 'pairs.json').sort()
  if (files.length === 0) throw new CastellanError('not_found', `There is no suite in ${directory}.`)
  return Promise.all(files.map((name) => readSuite(join(folder, name))))
}

async function readSuite(path: string): Promise<Suite> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new CastellanError('bad_request', `${path} is not JSON.`, { cause })
  }
  const parsed = Suite.safeParse(value)
  if (parsed.success) return parsed.data
  throw new CastellanError('bad_request', `${path} is no suite: ${z.prettifyError(parsed.error)}`)
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
