/** People as sign-in by an outside provider meets them: found, by id or by address, made, and never left without a way in. */
import { randomUUID } from 'node:crypto'
import { PersonName } from '@castellan/contracts'
import { sql } from 'kysely'
import { type Database, type Handle, homeOwner, type PersonId, type Tenant } from '../database/index.ts'
import { emailKey } from './email.ts'
import { loadPerson, type Person } from './person.ts'

/** A person, as far as letting them in depends on it. */
export interface PersonAtDoor {
  readonly tenant: Tenant
  readonly person: PersonId
  readonly role: Person['role']
  readonly disabled: boolean
  readonly emailVerified: boolean
}

/** A person by id; undefined for nobody. */
export async function personAtDoor(
  tenant: Tenant,
  handle: Handle,
  id: PersonId,
): Promise<PersonAtDoor | undefined> {
  const found = await loadPerson(tenant, handle, id)
  return found === undefined ? undefined : atDoor(tenant, found)
}

/**
 * The person whose own address this is. Compared as people write it, not by its key: spellings that fold to one key may be
 * two mailboxes, and a provider vouches for one.
 */
export async function personByAddress(
  { database, home }: { database: Database; home: Tenant },
  address: string,
): Promise<PersonAtDoor | undefined> {
  const key = emailKey(address)
  if (key === undefined) return undefined
  const { rows } = await sql<{
    tenant: Tenant | null
  }>`select castellan.tenant_of_email(${key}) as tenant`.execute(database.as(home))
  const tenant = rows[0]?.tenant
  if (tenant == null) return undefined
  const handle = database.as(tenant)
  const row = await handle
    .selectFrom('castellan.people')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('email_key', '=', key)
    .executeTakeFirst()
  const found = row === undefined ? undefined : await loadPerson(tenant, handle, row.id as PersonId)
  if (found?.email?.toLowerCase() !== address.toLowerCase()) return undefined
  return atDoor(tenant, found)
}

/** A new viewer with a confirmed address or none; undefined when the address cannot be taken. */
export async function joinAsViewer(
  tenant: Tenant,
  handle: Handle,
  given: { readonly name: string; readonly email: string | null; readonly now: Date },
): Promise<PersonAtDoor | undefined> {
  const key = given.email === null ? null : emailKey(given.email)
  if (key === undefined) return undefined
  const { rows } = await sql<{ taken: boolean }>`select castellan.is_email_taken(${key}) as taken`.execute(
    handle,
  )
  if (key !== null && rows[0]?.taken !== false) return undefined
  const name = PersonName.safeParse(given.name.slice(0, 80))
  const row = await handle
    .insertInto('castellan.people')
    .values({
      ...{ id: randomUUID(), tenant_id: tenant, role: 'viewer' as const },
      name: name.success ? name.data : 'Somebody',
      ...{ email: given.email, email_key: key },
      email_verified_at: key === null ? null : given.now,
      created_at: given.now,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row === undefined ? undefined : personAtDoor(tenant, handle, row.id as PersonId)
}

/** Keeps others from changing how a person comes in until the transaction ends. */
export async function lockPerson(tenant: Tenant, handle: Handle, id: PersonId): Promise<void> {
  await handle
    .selectFrom('castellan.people')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .forUpdate()
    .execute()
}

/** Whether a person can sign in by something of this house. The owner of the house always can: `castellan open`. */
export async function hasOwnWayIn(tenant: Tenant, handle: Handle, id: PersonId): Promise<boolean> {
  if (id === homeOwner) return true
  const { rows } = await sql<{ has: boolean }>`select
    exists (select from castellan.people where tenant_id = ${tenant} and id = ${id} and password is not null) or
    exists (select from castellan.passkeys where tenant_id = ${tenant} and person_id = ${id}) as has`.execute(
    handle,
  )
  return rows[0]?.has === true
}

function atDoor(tenant: Tenant, { id, role, disabled_at, email_verified_at }: Person): PersonAtDoor {
  const [disabled, emailVerified] = [disabled_at !== null, email_verified_at !== null]
  return { tenant, person: id, role, disabled, emailVerified }
}
