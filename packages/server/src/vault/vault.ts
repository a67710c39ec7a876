/**
 * Secrets of a tenant, stored sealed. Their plaintext exists only while the function that spends one runs; nothing here
 * answers it, prints it or keeps it.
 */
import { CastellanError, type SecretView } from '@castellan/contracts'
import { hashOf, type LeakIndex, leakIndex, minimumSecretLength, redactText } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import { append } from '../ledger/index.ts'
import { checkKey, keepKeyCheck, type VaultCheck } from './key-check.ts'
import { deriveKey } from './keys.ts'
import { type Leaks, leakWatch } from './leaks.ts'
import { opens, type Sealer, sealerOf } from './seal.ts'
import {
  deleteSecret,
  keyCheckName,
  loadSecret,
  loadSecrets,
  type SecretRow,
  saveSecret,
  touchSecret,
} from './store.ts'

/** What a secret is; more kinds come with rotation. */
export const secretKinds = ['api-key', 'password', 'token', 'signing-key', 'webhook-secret', 'other'] as const
export type SecretKind = (typeof secretKinds)[number]

export interface VaultOptions {
  readonly database: Database
  /** At least 32 bytes; every key of the vault is derived from it. */
  readonly secretKeyBase: string
  /** Secrets that live outside the vault (`.env.secrets`) and must not leave either, by name; short single words are left out. */
  readonly guarded?: Readonly<Record<string, string>>
}

export interface Vault extends Leaks {
  /** Stores or replaces. Rejects with `bad_request` (name, or a value under 8 characters), `conflict` over an unreadable one. */
  set(tenant: Tenant, name: string, kind: SecretKind, value: string): Promise<void>
  /** Removes, readable or not; false when there is none. */
  unset(tenant: Tenant, name: string): Promise<boolean>
  list(tenant: Tenant): Promise<SecretView[]>
  has(tenant: Tenant, name: string): Promise<boolean>
  /** Lends the value to `use`. Rejects with `not_found` or `secret_unreadable`; errors of `use` come back without the value. */
  spend<T>(tenant: Tenant, name: string, use: (value: string) => Promise<T>): Promise<T>
  /** To be asked at start: can everything be read with this SECRET_KEY_BASE? Nothing is ever overwritten by it. */
  check(tenant: Tenant): Promise<VaultCheck>
}

/** The vault over its table. Throws `bad_configuration` when SECRET_KEY_BASE is shorter than 32 bytes. */
export function openVault({ database, secretKeyBase, guarded = {} }: VaultOptions): Vault {
  const sealer = sealerOf(secretKeyBase)
  const leakKey = deriveKey(secretKeyBase, 'leak')
  const outside = Object.entries({ SECRET_KEY_BASE: secretKeyBase, ...guarded }).filter(isTellable)
  const watch = leakWatch({
    database,
    load: async (tenant, handle) => plaintexts(sealer, tenant, await loadSecrets(tenant, handle)),
    build: (secrets) =>
      leakIndex([...outside.map(([name, value]) => ({ name, value })), ...secrets], leakKey),
  })
  return {
    ...watch,
    set: (tenant, name, kind, value) => set({ database, sealer }, tenant, { name, kind, value }),
    unset: (tenant, name) => unset({ database, sealer }, tenant, name),
    async list(tenant) {
      const rows = await loadSecrets(tenant, database.as(tenant))
      return rows.filter((row) => row.name !== keyCheckName).map((row) => view(sealer, tenant, row))
    },
    async has(tenant, name) {
      return namePattern.test(name) && (await loadSecret(tenant, database.as(tenant), name)) !== undefined
    },
    async spend(tenant, name, use) {
      const handle = database.as(tenant)
      const row = namePattern.test(name) ? await loadSecret(tenant, handle, name) : undefined
      if (row === undefined) {
        throw new CastellanError('not_found', 'The vault has no secret of that name.', {
          hint: 'castellan secrets list shows the names; castellan secrets set NAME adds one',
        })
      }
      const value = sealer.open({ tenant, name }, row.value)
      if (isStale(row.last_used_at)) await touchSecret(tenant, handle, name, new Date())
      try {
        return await use(value)
      } catch (error) {
        throw withoutValue(error, leakIndex([{ name, value }], leakKey))
      }
    },
    check: (tenant) => checkKey(sealer, database.as(tenant), tenant),
  }
}

/** A password that is one common word would be found in every other text, and nothing could leave any more. */
function isTellable([, value]: readonly [string, string]): boolean {
  return value.length >= 16 || !/^[a-z]+$/i.test(value)
}

interface Parts {
  readonly database: Database
  readonly sealer: Sealer
}

async function set(
  { database, sealer }: Parts,
  tenant: Tenant,
  secret: { name: string; kind: SecretKind; value: string },
): Promise<void> {
  const { name, kind, value } = secret
  refuseBadName(name)
  refuseBadValue(value)
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const rows = await loadSecrets(tenant, transaction)
      const old = rows.find((row) => row.name === name)
      if (old !== undefined && !opens(sealer, { tenant, name }, old.value)) {
        throw new CastellanError(
          'conflict',
          `${name} is stored, but cannot be read; it was not overwritten.`,
          {
            hint: `put the old SECRET_KEY_BASE back; if it is lost: castellan secrets unset ${name}, then set it again`,
          },
        )
      }
      await saveSecret(tenant, transaction, { name, kind, value: sealer.seal({ tenant, name }, value) })
      await keepKeyCheck(sealer, transaction, tenant)
      await record(transaction, tenant, 'secrets.set', { name, kind })
    })
}

async function unset({ database, sealer }: Parts, tenant: Tenant, name: string): Promise<boolean> {
  refuseBadName(name)
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      if (!(await deleteSecret(tenant, transaction, name))) return false
      await keepKeyCheck(sealer, transaction, tenant)
      await record(transaction, tenant, 'secrets.unset', { name })
      return true
    })
}

async function record(handle: Handle, tenant: Tenant, what: string, args: { [name: string]: string }) {
  await append(handle, tenant, {
    kind: 'admin',
    run: null,
    step: null,
    principal: ['owner'],
    skill: what,
    decision: null,
    rules: [],
    argsHash: hashOf(args),
    outcome: 'done',
    body: { args },
  })
}

/** `NAME` or `area/NAME`; `model/NAME` holds the key of a model. */
const namePattern = /^(?:[a-z]{1,20}\/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/
const maximumLength = 65_536

function refuseBadName(name: string): void {
  if (namePattern.test(name)) return
  throw new CastellanError('bad_request', 'A secret cannot have that name.', {
    hint: 'use 1–100 of A–Z a–z 0–9 _ . - beginning with a letter or digit, perhaps after an area such as model/',
  })
}

function refuseBadValue(value: string): void {
  if (value.length < minimumSecretLength) {
    throw new CastellanError(
      'bad_request',
      `A secret has ${minimumSecretLength} characters or more; nothing was stored.`,
      { hint: 'a shorter one could not be told from innocent text when something leaves the house' },
    )
  }
  if (value.length > maximumLength || !value.isWellFormed()) {
    throw new CastellanError('bad_request', 'The value is too long or no text; nothing was stored.')
  }
}

function plaintexts(sealer: Sealer, tenant: Tenant, rows: readonly SecretRow[]) {
  return rows
    .filter(({ name, value }) => name !== keyCheckName && opens(sealer, { tenant, name }, value))
    .map(({ name, value }) => ({ name, value: sealer.open({ tenant, name }, value) }))
}

function view(sealer: Sealer, tenant: Tenant, row: SecretRow): SecretView {
  return {
    name: row.name,
    kind: row.kind,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
    readable: opens(sealer, { tenant, name: row.name }, row.value),
  }
}

/** The time of use is for people; a write for every model call would be for nobody. */
function isStale(used: Date | null): boolean {
  return used === null || Date.now() - used.getTime() > 60_000
}

/** The same error, its words and those of its causes without the value. */
function withoutValue(error: unknown, index: LeakIndex): unknown {
  if (typeof error === 'string') return redactText(error, [index])
  for (let each = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth += 1) {
    each.message = redactText(each.message, [index])
    if (each.stack !== undefined) each.stack = redactText(each.stack, [index])
  }
  return error
}
