/** The SQL of chat accounts. */
import { type Selectable, sql } from 'kysely'
import type { Database, Handle, PersonId, Schema, Tenant } from '../database/index.ts'

type Row = Selectable<Schema['castellan.accounts']>

/** Whose an account is, and in which tenant; undefined for a stranger's and for one of a disabled person. */
export async function loadHolder(
  database: Database,
  channel: string,
  externalId: string,
): Promise<{ tenant: Tenant; person: PersonId } | undefined> {
  const { rows } = await database.pool.query<{ tenant: Tenant | null }>(
    'select castellan.tenant_of_account($1, $2) as tenant',
    [channel, externalId],
  )
  const tenant = rows[0]?.tenant
  if (tenant == null) return undefined
  const row = await database
    .as(tenant)
    .selectFrom('castellan.accounts as a')
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.tenant_id', '=', 'a.tenant_id').onRef('p.id', '=', 'a.person_id'),
    )
    .select('a.person_id')
    .where('a.tenant_id', '=', tenant)
    .where('a.channel', '=', channel)
    .where('a.external_id', '=', externalId)
    .where('p.disabled_at', 'is', null)
    .executeTakeFirst()
  return row && { tenant, person: row.person_id as PersonId }
}

/** Pairs an account; false when it is paired already, here or elsewhere. */
export async function saveAccount(
  tenant: Tenant,
  handle: Handle,
  account: { id: string; person: PersonId; channel: string; externalId: string; name: string; at: Date },
): Promise<boolean> {
  const row = await handle
    .insertInto('castellan.accounts')
    .values({
      ...{ id: account.id, tenant_id: tenant, person_id: account.person, channel: account.channel },
      ...{ external_id: account.externalId, name: account.name, paired_at: account.at },
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** A person's accounts, newest first. */
export async function loadAccounts(tenant: Tenant, handle: Handle, person: PersonId): Promise<Row[]> {
  return handle
    .selectFrom('castellan.accounts')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .orderBy('paired_at', 'desc')
    .orderBy('id')
    .execute()
}

/** Unpairs accounts of a person, one or all, and gives them back. */
export async function deleteAccounts(
  tenant: Tenant,
  handle: Handle,
  of: { person: PersonId; id?: string },
): Promise<Row[]> {
  const { rows } = await sql<Row>`
    delete from castellan.accounts where tenant_id = ${tenant}::uuid and person_id = ${of.person}::uuid
      and id = coalesce(${of.id ?? null}::uuid, id)
    returning *`.execute(handle)
  return rows
}
