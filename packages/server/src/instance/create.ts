/** `castellan init`: writes what an instance directory needs and never overwrites what is there. */
import { randomBytes } from 'node:crypto'
import { appendFile, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { fileName, instanceName } from '../configuration/index.ts'
import { pathsOf } from './paths.ts'

/** What was written and what was there already, names relative to the directory. */
export interface Created {
  readonly directory: string
  readonly name: string
  readonly created: readonly string[]
  readonly kept: readonly string[]
}

/** Makes an instance, or adds what one lacks. Rejects with `bad_request` for a name against the rule. */
export async function createInstance(directory: string, options: { name?: string } = {}): Promise<Created> {
  const path = resolve(directory)
  const name = options.name ?? nameFrom(path)
  if (!instanceName.safeParse(name).success) {
    throw new CastellanError('bad_request', 'the name of an instance must be 2–30 of a–z, 0–9 and -')
  }
  await mkdir(path, { recursive: true })
  const { workspace } = pathsOf(path)
  const created: string[] = []
  const kept: string[] = []
  const add = async (file: string, text: string, mode: number) =>
    ((await writeNew(join(path, file), text, mode)) ? created : kept).push(file)
  await add(fileName, yaml(name), 0o644)
  await add('.env', env, 0o600)
  await add('.env.secrets', secrets(), 0o600)
  await add('.gitignore', gitignore, 0o644)
  if (kept.includes('.env.secrets') && (await completeSecrets(path))) created.push('.env.secrets (completed)')
  if ((await mkdir(workspace, { recursive: true, mode: 0o700 })) !== undefined) created.push('workspace/')
  return { directory: path, name, created, kept }
}

/** Whether a directory may become an instance unasked: it does not exist, or nothing is in it. */
export async function isVacant(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}

function nameFrom(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30)
  return name.length < 2 || name === 'instance' ? 'home' : name
}

async function writeNew(path: string, text: string, mode: number): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Generated values: 256 bits where a key is made from it, 144 bits for a password that a person may have to type. */
const generated: Readonly<Record<string, () => string>> = {
  ADMIN_PASSWORD: () => randomBytes(18).toString('base64url'),
  SECRET_KEY_BASE: () => randomBytes(48).toString('base64url'),
  CASTELLAN_APP_PASSWORD: () => randomBytes(24).toString('base64url'),
  CASTELLAN_MIGRATE_PASSWORD: () => randomBytes(24).toString('base64url'),
  CASTELLAN_API_PASSWORD: () => randomBytes(24).toString('base64url'),
  CASTELLAN_DATA_PASSWORD: () => randomBytes(24).toString('base64url'),
  METRICS_TOKEN: () => randomBytes(24).toString('base64url'),
}

/** Role passwords can be made anew, since a start sets them in the database; a lost key cannot. */
async function completeSecrets(directory: string): Promise<boolean> {
  const path = join(directory, '.env.secrets')
  if (!(await lstat(path)).isFile()) return false
  const text = await readFile(path, 'utf8')
  const hasData = !(await isVacant(pathsOf(directory).data))
  const missing = Object.keys(generated).filter((name) => !names(text, name))
  const wanted = missing.filter(
    (name) => name !== 'ADMIN_PASSWORD' && !(name === 'SECRET_KEY_BASE' && hasData),
  )
  if (wanted.length === 0) return false
  await appendFile(path, `${text.endsWith('\n') || text === '' ? '' : '\n'}${assignments(wanted)}`)
  return true
}

/**
 * Adds the role passwords that a newer version needs to an instance made by an older one, and touches nothing else. Gives
 * back their names; none where `given` (the environment) or the file names them, or the file is not of our making.
 */
export async function addRolePasswords(
  directory: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const path = join(directory, '.env.secrets')
  if (!((await lstat(path).catch(() => null))?.isFile() ?? false)) return []
  const text = await readFile(path, 'utf8')
  if (!names(text, 'CASTELLAN_API_PASSWORD')) return []
  const wanted = ['CASTELLAN_DATA_PASSWORD'].filter(
    (name) => !names(text, name) && given[name] === undefined && given[`${name}_FILE`] === undefined,
  )
  if (wanted.length > 0) await appendFile(path, `${text.endsWith('\n') ? '' : '\n'}${assignments(wanted)}`)
  return wanted
}

function names(text: string, name: string): boolean {
  return new RegExp(`^\\s*(export\\s+)?${name}(_FILE)?\\s*=`, 'm').test(text)
}

function assignments(wanted: readonly string[]): string {
  return wanted.map((name) => `${name}=${generated[name]?.()}\n`).join('')
}

function secrets(): string {
  return `# Secrets of this instance. Keep a copy in a safe place: without SECRET_KEY_BASE stored secrets cannot be read.
# ADMIN_PASSWORD is what you sign in with.
${assignments(Object.keys(generated))}`
}

const env = `# Options that are no secrets, e.g. PORT=7420. All of them: docs/reference/options.md.
# Secrets belong in .env.secrets, this machine's own values in .env.local.
`

const gitignore = `# Secrets, data and what exists only while running.
.env*
!.env.example
data/
run/
workspace/
`

function yaml(name: string): string {
  return `# What this Castellan is called, who its agents are and what they may do.
name: ${name}

# port: 7420

personas:
  # The agent that answers when nobody else is named.
  default:
    prompt: |
      You are a careful assistant. Be brief and exact. Say where a fact comes from.
    # '*' is every built-in skill. A list names some, e.g. [web.fetch, memory.search]; [] is none.
    skills: '*'
    # light, medium, heavy, or local for models on this machine only.
    tier: medium
    # Personas with the same memory share what they save.
    memory: shared
    # What strangers wrote is sealed: the agent can pass it on and ask about it, and reads it only where it opens it.
    sealed: true
    # Bits of it that answers may tell the agent in one run.
    influence_bits: 32
    budget:
      calls_per_day: 1000
      tokens_per_day: 5000000
      steps_per_run: 25

egress:
  # Skills reach public addresses only. Exceptions, e.g. [nas.local:8080].
  allow: []
`
}
