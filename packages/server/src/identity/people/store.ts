/** The SQL of people. Times come from the caller, so that one clock decides. */
import type { Selectable } from 'kysely'
import type { Handle, PersonId, Schema, Tenant } from '../../database/index.ts'

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
