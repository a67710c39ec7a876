/** The SQL of managing people, and of the links about their accounts. Times come from the caller, so that one clock decides. */
import { CastellanError } from '@castellan/contracts'
import { sql } from 'kysely'
import * as z from 'zod'
import type { Handle, PersonId, Schema, Tenant } from '../database/index.ts'

/** A person's id as it came in a path. */
export function asPerson(id: string): PersonId {
  if (z.uuid().safeParse(id).success) return id as PersonId
  throw new CastellanError('not_found', 'There is no such person here.')
}

type PersonRow = Schema['castellan.people']

const columns = [
  ...(['id', 'role', 'name', 'email', 'email_verified_at', 'email_changed_at'] as const),
  ...(['created_at', 'disabled_at', 'last_signed_in_at'] as const),
] as const

/** The people of a tenant: its owner first, then by name. */
export async function loadPeople(tenant: Tenant, handle: Handle) {
  return handle
    .selectFrom('castellan.people')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .orderBy(sql`role <> 'owner'`)
    .orderBy(sql`lower(name)`)
    .orderBy('id')
    .execute()
}

/** A person of the tenant, locked until the transaction ends; undefined when there is none of that id. */
export async function lockPerson(tenant: Tenant, transaction: Handle, id: PersonId) {
  const row = await transaction
    .selectFrom('castellan.people')
    .select([...columns, 'password', 'email_key'])
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && { ...row, id }
}

/** Adds a person; false where somebody has the address already, or is the owner that this one should be. */
export async function addPerson(
  tenant: Tenant,
  transaction: Handle,
  person: {
    readonly id: PersonId
    readonly role: PersonRow['role']
    readonly name: string
    readonly email: string
    readonly emailKey: string
    readonly verifiedAt: Date | null
    readonly password: string
    readonly at: Date
  },
): Promise<boolean> {
  const { id, role, name, email, emailKey, verifiedAt, password, at } = person
  const added = await transaction
    .insertInto('castellan.people')
    .values({
      ...{ id, tenant_id: tenant, role, name, email, email_key: emailKey, password, created_at: at },
      email_verified_at: verifiedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return added !== undefined
}

/** What may be changed of a person. */
export interface PersonChange {
  readonly role?: PersonRow['role']
  readonly name?: string
  readonly password?: string
  readonly disabled_at?: Date | null
  readonly email?: string
  readonly email_key?: string
  readonly email_verified_at?: Date | null
  readonly email_changed_at?: Date | null
}

/** Changes a person. */
export async function savePerson(
  tenant: Tenant,
  transaction: Handle,
  id: PersonId,
  change: PersonChange,
): Promise<void> {
  await transaction
    .updateTable('castellan.people')
    .set(change)
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Removes a person who is not the owner, with all that hangs on them; false when there is none. */
export async function deletePerson(tenant: Tenant, transaction: Handle, id: PersonId): Promise<boolean> {
  const gone = await transaction
    .deleteFrom('castellan.people')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where('role', '<>', 'owner')
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

/** Whether an address has somebody in this house, or may be taken back by somebody; keys only. */
export async function isEmailTaken(handle: Handle, key: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`select castellan.is_email_taken(${key}) as taken`.execute(
    handle,
  )
  return rows[0]?.taken ?? true
}

/** Who has an address, whichever their tenant; undefined for nobody. */
export async function findByEmail(
  handle: Handle,
  key: string,
  as: (tenant: Tenant) => Handle,
): Promise<{ tenant: Tenant; id: PersonId } | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_email(${key}) as tenant`.execute(handle)
  const tenant = rows[0]?.tenant
  if (tenant == null) return undefined
  const row = await as(tenant)
    .selectFrom('castellan.people')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('email_key', '=', key)
    .executeTakeFirst()
  return row === undefined ? undefined : { tenant, id: row.id as PersonId }
}

type LinkKind = Schema['castellan.account_links']['kind']

/** Stores a link about an account. */
export async function saveLink(
  tenant: Tenant,
  transaction: Handle,
  link: {
    readonly tokenHash: Buffer
    readonly person: PersonId
    readonly kind: LinkKind
    readonly email?: string | null
    readonly emailKey?: string | null
    readonly handed?: boolean
    readonly at: Date
    readonly expiresAt: Date
  },
): Promise<void> {
  const { tokenHash, person, kind, email = null, emailKey = null, handed = false, at, expiresAt } = link
  await transaction
    .insertInto('castellan.account_links')
    .values({
      ...{ token_hash: tokenHash, tenant_id: tenant, person_id: person, kind, email, email_key: emailKey },
      ...{ handed, created_at: at, expires_at: expiresAt },
    })
    .execute()
}

/** The tenant of a link's token; undefined when nobody has that token. */
export async function findLinkTenant(handle: Handle, tokenHash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_account_link(${tokenHash}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** A link that can still be used. */
export async function loadLink(
  tenant: Tenant,
  handle: Handle,
  which: { readonly tokenHash: Buffer; readonly kind: LinkKind },
  now: Date,
): Promise<{ person: PersonId } | undefined> {
  const row = await handle
    .selectFrom('castellan.account_links')
    .select('person_id')
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', which.tokenHash)
    .where('kind', '=', which.kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row === undefined ? undefined : { person: row.person_id as PersonId }
}

/** Uses a link up; of two who come at once, one gets it. */
export async function spendLink(
  tenant: Tenant,
  transaction: Handle,
  which: { readonly tokenHash: Buffer; readonly kind: LinkKind },
  now: Date,
) {
  return transaction
    .updateTable('castellan.account_links')
    .set({ used_at: now })
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', which.tokenHash)
    .where('kind', '=', which.kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['person_id', 'email', 'email_key', 'handed', 'created_at'])
    .executeTakeFirst()
}

/** The address that waits to be confirmed, newest first; null for none. */
export async function loadPendingEmail(
  tenant: Tenant,
  handle: Handle,
  person: PersonId,
  now: Date,
): Promise<{ email: string; key: string } | null> {
  const row = await handle
    .selectFrom('castellan.account_links')
    .select(['email', 'email_key'])
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('kind', '=', 'confirm_email')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  return row?.email == null || row.email_key === null ? null : { email: row.email, key: row.email_key }
}

/** Whether somebody may still take an address back: that of a key, or any. */
export async function mayTakeBack(
  tenant: Tenant,
  handle: Handle,
  { person, key, now }: { person: PersonId; key?: string; now: Date },
): Promise<boolean> {
  const links = handle
    .selectFrom('castellan.account_links')
    .select('person_id')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('kind', '=', 'cancel_email')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
  const row = await (key === undefined ? links : links.where('email_key', '=', key)).executeTakeFirst()
  return row !== undefined
}

/** Makes links of some kinds worthless, all or those made since. */
export async function voidLinks(
  tenant: Tenant,
  transaction: Handle,
  person: PersonId,
  kinds: readonly LinkKind[],
  now: Date,
  since: Date = new Date(0),
): Promise<void> {
  await transaction
    .updateTable('castellan.account_links')
    .set({ used_at: now })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('kind', 'in', [...kinds])
    .where('created_at', '>=', since)
    .where('used_at', 'is', null)
    .execute()
}

/** Removes links that ended before `before`. */
export async function pruneLinks(tenant: Tenant, transaction: Handle, before: Date): Promise<void> {
  await transaction
    .deleteFrom('castellan.account_links')
    .where('tenant_id', '=', tenant)
    .where('expires_at', '<', before)
    .execute()
}
