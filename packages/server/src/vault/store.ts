/** The rows of the vault: sealed values in, sealed values out. */
import type { Seen } from '@castellan/kernel'
import { sql } from 'kysely'
import * as z from 'zod'
import type { Handle, Tenant } from '../database/index.ts'

const Traces = z.record(z.string(), z.array(z.tuple([z.int(), z.int()])))

/** Holds a known value, by which a changed SECRET_KEY_BASE shows; no name that can be set begins like this. */
export const keyCheckName = '~key-check'

export interface SecretRow {
  readonly name: string
  readonly kind: string
  readonly value: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly last_used_at: Date | null
}

/** Every row, the key check among them, by name. */
export function loadSecrets(tenant: Tenant, handle: Handle): Promise<SecretRow[]> {
  return handle
    .selectFrom('castellan.secrets')
    .select(['name', 'kind', 'value', 'created_at', 'updated_at', 'last_used_at'])
    .where('tenant_id', '=', tenant)
    .orderBy('name')
    .execute()
}

/** One row, or undefined. */
export function loadSecret(tenant: Tenant, handle: Handle, name: string): Promise<SecretRow | undefined> {
  return handle
    .selectFrom('castellan.secrets')
    .select(['name', 'kind', 'value', 'created_at', 'updated_at', 'last_used_at'])
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** Stores or replaces a sealed value. */
export async function saveSecret(
  tenant: Tenant,
  handle: Handle,
  row: Pick<SecretRow, 'name' | 'kind' | 'value'>,
): Promise<void> {
  const { name, kind, value } = row
  const updated_at = new Date()
  await handle
    .insertInto('castellan.secrets')
    .values({ tenant_id: tenant, name, kind, value, updated_at })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'name']).doUpdateSet({ kind, value, updated_at, last_used_at: null }),
    )
    .execute()
}

/** Removes a row; false when there was none. */
export async function deleteSecret(tenant: Tenant, handle: Handle, name: string): Promise<boolean> {
  const result = await handle
    .deleteFrom('castellan.secrets')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

/** Notes that a secret was used. */
export async function touchSecret(tenant: Tenant, handle: Handle, name: string, at: Date): Promise<void> {
  await handle
    .updateTable('castellan.secrets')
    .set({ last_used_at: at })
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .execute()
}

/** Changes whenever a row is added, replaced or removed; not when one is used. */
export async function secretsStamp(tenant: Tenant, handle: Handle): Promise<string> {
  const { rows } = await sql<{ stamp: string | null }>`select ${stamp(tenant)} as stamp`.execute(handle)
  return rows[0]?.stamp ?? ''
}

const stamp = (tenant: Tenant) => sql<string | null>`(
  select md5(string_agg(name || ' ' || value, ',' order by name)) from castellan.secrets where tenant_id = ${tenant})`

/** What the texts of a run have held of secrets so far, and the stamp of those: every prompt needs both. */
export async function loadSeen(
  tenant: Tenant,
  handle: Handle,
  run: string,
): Promise<{ readonly seen: Seen; readonly stamp: string }> {
  const { rows } = await sql<{ seen: unknown; stamp: string | null }>`
    select ${stamp(tenant)} as stamp,
      (select seen from castellan.leak_traces where tenant_id = ${tenant} and run = ${run}) as seen`.execute(
    handle,
  )
  return { seen: Traces.parse(rows[0]?.seen ?? {}), stamp: rows[0]?.stamp ?? '' }
}

/** Stores it. */
export async function saveSeen(tenant: Tenant, handle: Handle, run: string, seen: Seen): Promise<void> {
  const row = { seen: JSON.stringify(seen), updated_at: new Date() }
  await handle
    .insertInto('castellan.leak_traces')
    .values({ tenant_id: tenant, run, ...row })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'run']).doUpdateSet(row))
    .execute()
}
