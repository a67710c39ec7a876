/**
 * The cascade: `.env`, `.env.<CASTELLAN_ENV>`, `.env.secrets`, `.env.local`, process environment; a later one wins. Remembers
 * where each value came from, and reads the `<NAME>_FILE` twins of secrets.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseDotenv } from './dotenv.ts'
import { nearest } from './nearest.ts'
import { options } from './options.ts'

/** A raw value and who set it. An empty text means: back to the default. */
export interface Setting {
  readonly text: string
  /** `.env:3`, `environment` … */
  readonly origin: string
  /** `.env`, `environment` … */
  readonly layer: string
}

export interface Cascade {
  readonly settings: ReadonlyMap<string, Setting>
  readonly problems: readonly string[]
  /** Names in the files that no option has, in words. */
  readonly warnings: readonly string[]
}

interface Layer {
  readonly name: string
  readonly entries: readonly { name: string; value: string; origin: string }[]
  readonly problems: readonly string[]
}

/** Reads all layers of an instance directory. `environment` is the process environment, handed in. */
export async function readCascade(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<Cascade> {
  const mode = environment['CASTELLAN_ENV'] ?? ''
  const files = ['.env', ...(mode === '' ? [] : [`.env.${mode}`]), '.env.secrets', '.env.local']
  if (mode !== '' && !/^[a-z0-9-]{1,30}$/.test(mode)) {
    return { settings: new Map(), problems: ['CASTELLAN_ENV must be 1–30 of a–z, 0–9 and -'], warnings: [] }
  }
  const layers = [
    ...(await Promise.all(files.map((file) => readLayer(directory, file)))),
    environmentLayer(environment),
  ]
  const settings = new Map<string, Setting>()
  const problems = layers.flatMap((layer) => layer.problems)
  const warnings: string[] = []
  for (const layer of layers) {
    for (const entry of layer.entries) {
      const known = knownAs(entry.name)
      if (known === null)
        warnings.push(`${entry.origin} sets ${entry.name}, which is no option${meant(entry.name)}`)
      else if (known.twin && layer.entries.some((other) => other.name === known.name)) {
        problems.push(`${entry.origin} sets ${entry.name} beside ${known.name}; keep one of them`)
      } else {
        const value = known.twin ? await readTwin(directory, entry, problems) : entry.value
        if (value !== null) settings.set(known.name, { text: value, origin: entry.origin, layer: layer.name })
      }
    }
  }
  return { settings, problems, warnings }
}

async function readLayer(directory: string, file: string): Promise<Layer> {
  try {
    const parsed = parseDotenv(file, await readFile(join(directory, file)))
    const entries = parsed.assignments.map((each) => ({ ...each, origin: `${file}:${each.line}` }))
    return { name: file, entries, problems: parsed.problems }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const problems = code === 'ENOENT' ? [] : [`${file} cannot be read (${code})`]
    return { name: file, entries: [], problems }
  }
}

/** The environment is full of other programs' names; only ours are looked at. */
function environmentLayer(environment: Readonly<Record<string, string>>): Layer {
  const ours = Object.entries(environment).filter(([name]) => knownAs(name) !== null)
  const entries = ours.map(([name, value]) => ({ name, value, origin: 'environment' }))
  return { name: 'environment', entries, problems: [] }
}

function knownAs(name: string): { name: string; twin: boolean } | null {
  if (name in options) return { name, twin: false }
  const base = name.replace(/_FILE$/, '')
  return base !== name && Object.entries(options).some(([each, option]) => each === base && option.secret)
    ? { name: base, twin: true }
    : null
}

function meant(name: string): string {
  const guess = nearest(name, Object.keys(options))
  return guess === undefined ? '' : `; did you mean ${guess}?`
}

async function readTwin(
  directory: string,
  entry: { name: string; value: string; origin: string },
  problems: string[],
): Promise<string | null> {
  if (entry.value === '') return ''
  try {
    return (await readFile(resolve(directory, entry.value), 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    problems.push(`${entry.origin}: the file that ${entry.name} names cannot be read (${code})`)
    return null
  }
}
