/**
 * The configuration of an instance, read once at start, checked before the first socket opens, frozen, and handed on by
 * main.ts. A file that cannot be understood stops the start; it is never half applied.
 */
import { resolve } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { type Cascade, readCascade, type Setting } from './cascade.ts'
import { readEnvironment } from './environment.ts'
import { fileName, type InstanceFile, readInstanceFile } from './file.ts'
import { type BootValues, bootNames, type OptionName, options, runtimeNames } from './options.ts'
import { isLoopback, type OptionValue, Unfit } from './values.ts'

/** A value together with who set it: `default`, `castellan.yaml`, `.env:3`, `environment`, `command line`. */
export interface Sourced {
  readonly value: OptionValue
  readonly origin: string
}

export interface Configuration {
  /** The absolute path of the instance. */
  readonly directory: string
  /** `castellan.yaml`. */
  readonly file: InstanceFile
  readonly boot: BootValues
  readonly origins: Readonly<Record<string, string>>
  /** What the cascade says of runtime options; their values in force are in the database. */
  readonly seeds: ReadonlyMap<string, Sourced>
  /** What looks like a slip and stops nothing. */
  readonly warnings: readonly string[]
}

export interface LoadOptions {
  /** Wins over the cascade: `--port`. */
  readonly port?: number
  /** The process environment unless a test says otherwise. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Reads and checks everything. Rejects with `bad_configuration`: one line per problem, values never shown. */
export async function loadConfiguration(directory: string, load: LoadOptions = {}): Promise<Configuration> {
  const file = await readInstanceFile(directory)
  const cascade = await readCascade(directory, load.environment ?? readEnvironment())
  const settings = new Map(cascade.settings)
  if (load.port !== undefined)
    settings.set('PORT', { text: String(load.port), origin: '--port', layer: '--port' })
  if (settings.get('PORT') === undefined && file.port !== undefined) {
    settings.set('PORT', { text: String(file.port), origin: fileName, layer: fileName })
  }
  const problems = [...cascade.problems]
  const boot: Record<string, OptionValue> = {}
  const origins: Record<string, string> = {}
  for (const name of bootNames) {
    const read = readOption(name, settings.get(name), problems)
    boot[name] = read.value
    origins[name] = read.origin
  }
  const seeds = new Map<string, Sourced>()
  for (const name of runtimeNames) {
    if (isSet(settings.get(name))) seeds.set(name, readOption(name, settings.get(name), problems))
  }
  for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE']) {
    if (typeof boot[name] === 'string') boot[name] = resolve(directory, boot[name])
  }
  const values = boot as unknown as BootValues
  problems.push(...contradictions(values, cascade))
  if (problems.length > 0) refuse(problems)
  return Object.freeze({
    directory,
    file,
    boot: Object.freeze(values),
    origins: Object.freeze(origins),
    seeds,
    warnings: Object.freeze([...cascade.warnings]),
  })
}

function isSet(setting: Setting | undefined): setting is Setting {
  return setting !== undefined && setting.text !== ''
}

/** The value of one option; a problem is noted and the default stands in for it. */
function readOption(name: OptionName, setting: Setting | undefined, problems: string[]): Sourced {
  const option = options[name]
  if (!isSet(setting)) return { value: option.default, origin: 'default' }
  try {
    return { value: option.kind.parse(setting.text), origin: setting.origin }
  } catch (error) {
    if (!(error instanceof Unfit)) throw error
    problems.push(`${name} (${setting.origin}) ${error.message}`)
    return { value: option.default, origin: setting.origin }
  }
}

const needed = [
  'SECRET_KEY_BASE',
  'CASTELLAN_APP_PASSWORD',
  'CASTELLAN_MIGRATE_PASSWORD',
  'CASTELLAN_API_PASSWORD',
  'CASTELLAN_DATA_PASSWORD',
] as const

/** What each option allows and all of them together do not. */
function contradictions(boot: BootValues, cascade: Cascade): string[] {
  const found: string[] = []
  const tls = boot.TLS_CERT_FILE !== null && boot.TLS_KEY_FILE !== null
  if (boot.SMTP_URL !== null && boot.MAIL_FROM === null) {
    found.push('SMTP_URL needs MAIL_FROM, the address that mail comes from')
  }
  if (!tls && (boot.TLS_CERT_FILE !== null || boot.TLS_KEY_FILE !== null)) {
    found.push('TLS_CERT_FILE and TLS_KEY_FILE must be set together')
  } else if (!tls && !isLoopback(boot.HOST)) {
    found.push(
      'HOST is reachable from other machines, which needs TLS: set TLS_CERT_FILE and TLS_KEY_FILE, or HOST=127.0.0.1',
    )
  }
  for (const name of needed) {
    if (!isSet(cascade.settings.get(name))) found.push(`${name} is not set${lost(name)}`)
  }
  return found
}

function lost(name: string): string {
  return name === 'SECRET_KEY_BASE'
    ? '; put back the value from your backup of .env.secrets, for without it stored secrets cannot be read'
    : '; castellan init --dir writes what is missing into .env.secrets'
}

function refuse(problems: readonly string[]): never {
  throw new CastellanError('bad_configuration', problems.join('\n'), {
    hint: 'correct this and start again; nothing was started',
  })
}
