/**
 * Runtime options: seeded from the cascade when an option is first seen, changed while running, kept in the database.
 * What the cascade says later is shown beside the value in force and never silently applied.
 */
import { CastellanError, type OptionView } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Configuration } from './configuration.ts'
import {
  bootNames,
  type OptionName,
  options,
  type RuntimeName,
  type RuntimeValues,
  runtimeNames,
} from './options.ts'
import { loadOptions, saveOption, seedOptions } from './store.ts'
import { type OptionValue, Unfit } from './values.ts'

/** Shown in place of every secret. */
const redacted = '***REDACTED***'

/** Records a change as the last statement of its transaction; where it fails, the change is undone. */
export type RecordChange = (
  transaction: Handle,
  change: { readonly name: string; readonly action: 'set' | 'reset' },
) => Promise<void>

export interface RuntimeOptions {
  /** The value in force. */
  get<N extends RuntimeName>(name: N): RuntimeValues[N]
  /** Every option, boot options included, secrets redacted. */
  list(): OptionView[]
  /** Rejects with `bad_request` when the option cannot take the value, `not_found` when there is no such option. */
  set(name: string, value: unknown, record: RecordChange): Promise<OptionView>
  /** Goes back to the default. */
  reset(name: string, record: RecordChange): Promise<OptionView>
}

/** Loads the runtime options of a tenant, seeding those it has never seen. */
export async function openRuntimeOptions(
  database: Pick<Database, 'as'>,
  tenant: Tenant,
  configuration: Configuration,
): Promise<RuntimeOptions> {
  const seeds = runtimeNames.map((name) => ({
    name,
    value: configuration.seeds.get(name)?.value ?? null,
  }))
  await seedOptions(tenant, database.as(tenant), seeds)
  const stored = await loadOptions(tenant, database.as(tenant))

  function view(name: OptionName): OptionView {
    return options[name].scope === 'boot'
      ? bootView(configuration, name)
      : runtimeView(configuration, stored, name)
  }
  async function change(
    name: RuntimeName,
    action: 'set' | 'reset',
    value: OptionValue,
    record: RecordChange,
  ) {
    await database
      .as(tenant)
      .transaction()
      .execute(async (transaction) => {
        await saveOption(tenant, transaction, name, value)
        await record(transaction, { name, action })
      })
    stored.set(name, json(value))
  }
  return {
    get: (name) => inForce(stored, name) as RuntimeValues[typeof name],
    list: () => [...bootNames, ...runtimeNames].map(view),
    async set(name, value, record) {
      const known = changeable(name)
      const parsed = parseValue(known, value)
      await change(known, 'set', parsed, record)
      return view(known)
    },
    async reset(name, record) {
      const known = changeable(name)
      await change(known, 'reset', null, record)
      return view(known)
    },
  }
}

/** Null in the store means the default; a value that a newer version no longer takes counts as none. */
function inForce(stored: ReadonlyMap<string, unknown>, name: RuntimeName): OptionValue {
  const value = stored.get(name) ?? null
  if (value === null) return options[name].default
  try {
    return options[name].kind.parse(textOf(value))
  } catch (error) {
    if (error instanceof Unfit) return options[name].default
    throw error
  }
}

function bootView(configuration: Configuration, name: OptionName): OptionView {
  const value = configuration.boot[name as keyof typeof configuration.boot] as OptionValue
  return {
    ...described(name),
    value: options[name].secret && value !== null ? redacted : json(value),
    origin: configuration.origins[name] ?? 'default',
    differs: false,
  }
}

function runtimeView(
  configuration: Configuration,
  stored: ReadonlyMap<string, unknown>,
  name: OptionName,
): OptionView {
  const value = inForce(stored, name as RuntimeName)
  const seed = configuration.seeds.get(name)
  return {
    ...described(name),
    value: json(value),
    origin: (stored.get(name) ?? null) === null ? 'default' : 'database',
    differs: seed !== undefined && JSON.stringify(seed.value) !== JSON.stringify(value),
  }
}

function described(name: OptionName) {
  const { kind, scope, secret, doc, default: fallback } = options[name]
  return { name, type: kind.type, scope, secret, doc, default: json(fallback) }
}

function json(value: OptionValue): OptionView['value'] {
  return typeof value === 'object' && value !== null ? [...value] : value
}

function changeable(name: string): RuntimeName {
  if (!(name in options)) throw new CastellanError('not_found', `There is no option ${name.slice(0, 60)}.`)
  const found = runtimeNames.find((each) => each === name)
  if (found !== undefined) return found
  throw new CastellanError('bad_request', `${name} is read at start and cannot be changed while running.`, {
    hint: 'set it in .env.local of the instance and start again',
  })
}

function parseValue(name: RuntimeName, value: unknown): OptionValue {
  try {
    return options[name].kind.parse(textOf(value))
  } catch (error) {
    if (!(error instanceof Unfit)) throw error
    throw new CastellanError('bad_request', `${name} ${error.message}.`)
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',')
  return typeof value === 'object' ? '' : String(value)
}
