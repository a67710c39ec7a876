/** The table of runtime options. A row whose value is JSON null says: seen, and at its default. */
import type { Json } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'

/** All rows of a tenant. */
export async function loadOptions(tenant: Tenant, handle: Handle): Promise<Map<string, Json>> {
  const rows = await handle
    .selectFrom('castellan.options')
    .select(['name', 'value'])
    .where('tenant_id', '=', tenant)
    .execute()
  return new Map(rows.map((row) => [row.name, row.value]))
}

/** Writes what has no row yet; an option is seeded once in its life. */
export async function seedOptions(
  tenant: Tenant,
  handle: Handle,
  seeds: readonly { name: string; value: unknown }[],
): Promise<void> {
  await handle
    .insertInto('castellan.options')
    .values(seeds.map(({ name, value }) => ({ tenant_id: tenant, name, value: JSON.stringify(value) })))
    .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doNothing())
    .execute()
}

/** Sets one option; null is its default. */
export async function saveOption(
  tenant: Tenant,
  handle: Handle,
  name: string,
  value: unknown,
): Promise<void> {
  const json = JSON.stringify(value)
  await handle
    .insertInto('castellan.options')
    .values({ tenant_id: tenant, name, value: json })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'name'])
        .doUpdateSet({ value: json, updated_at: sql<Date>`clock_timestamp()` }),
    )
    .execute()
}
