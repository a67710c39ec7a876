/** The SQL of people. Times come from the caller, so that one clock decides. */
import type { Selectable } from 'kysely'
import type { Handle, PersonId, Schema, Tenant } from '../database/index.ts'

/** A person as the database knows them, without the password. */
export type Person = Omit<
  Selectable<Schema['castellan.people']>,
  'id' | 'tenant_id' | 'password' | 'email_key'
> & {
  readonly id: PersonId
}

const columns = [
  'id',
  'role',
  'name',
  'email',
  'email_verified_at',
  'email_changed_at',
  'created_at',
  'disabled_at',
  'last_signed_in_at',
] as const

/** A person of the tenant; undefined when there is none of that id. */
export async function loadPerson(tenant: Tenant, handle: Handle, id: PersonId): Promise<Person | undefined> {
  const row = await handle
    .selectFrom('castellan.people')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : { ...row, id }
}

/** Notes a sign-in. */
export async function saveSignedIn(tenant: Tenant, handle: Handle, id: PersonId, now: Date): Promise<void> {
  await handle
    .updateTable('castellan.people')
    .set({ last_signed_in_at: now })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** The stored password of a person, by id or by the key of their address; `hash` is null for who has none. */
export async function loadPasswordHash(
  tenant: Tenant,
  handle: Handle,
  by: { id: PersonId } | { emailKey: string },
): Promise<{ id: PersonId; hash: string | null; disabled: boolean } | undefined> {
  const people = handle
    .selectFrom('castellan.people')
    .select(['id', 'password', 'disabled_at'])
    .where('tenant_id', '=', tenant)
  const row = await ('id' in by
    ? people.where('id', '=', by.id)
    : people.where('email_key', '=', by.emailKey)
  ).executeTakeFirst()
  if (row === undefined) return undefined
  return { id: row.id as PersonId, hash: row.password, disabled: row.disabled_at !== null }
}

/** Stores a person's password as its hash. */
export async function savePasswordHash(
  tenant: Tenant,
  handle: Handle,
  id: PersonId,
  hash: string,
): Promise<void> {
  await handle
    .updateTable('castellan.people')
    .set({ password: hash })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Makes links that would set a new password worthless. */
export async function voidRecovery(tenant: Tenant, handle: Handle, id: PersonId, now: Date): Promise<void> {
  await handle
    .updateTable('castellan.account_links')
    .set({ used_at: now })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', id)
    .where('kind', '=', 'recover')
    .where('used_at', 'is', null)
    .execute()
}
