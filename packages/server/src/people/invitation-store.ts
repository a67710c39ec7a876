/** The SQL of invitations and of the tenants that people are invited to. Times come from the caller. */
import { sql } from 'kysely'
import type { Handle, Schema, Tenant } from '../database/index.ts'

type Role = Schema['castellan.invitations']['role']

const columns = ['id', 'role', 'name', 'email', 'mailed', 'created_at', 'expires_at'] as const

/** Stores an invitation. */
export async function saveInvitation(
  tenant: Tenant,
  transaction: Handle,
  invitation: {
    readonly id: string
    readonly tokenHash: Buffer
    readonly role: Role
    readonly name: string
    readonly email: string | null
    readonly mailed: boolean
    readonly at: Date
    readonly expiresAt: Date
  },
): Promise<void> {
  const { id, tokenHash, role, name, email, mailed, at, expiresAt } = invitation
  await transaction
    .insertInto('castellan.invitations')
    .values({
      ...{ id, tenant_id: tenant, token_hash: tokenHash, role, name, email, mailed },
      ...{ created_at: at, expires_at: expiresAt },
    })
    .execute()
}

function open(tenant: Tenant, handle: Handle, now: Date) {
  return handle
    .selectFrom('castellan.invitations')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
}

/** Invitations that can still be accepted, newest first. */
export async function loadInvitations(tenant: Tenant, handle: Handle, now: Date) {
  return open(tenant, handle, now).orderBy('created_at', 'desc').execute()
}

/** The tenant of an invitation's token; undefined when nobody has that token. */
export async function findInvitationTenant(handle: Handle, tokenHash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_invitation(${tokenHash}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** The open invitation of a token. */
export async function loadInvitation(tenant: Tenant, handle: Handle, tokenHash: Buffer, now: Date) {
  return open(tenant, handle, now).where('token_hash', '=', tokenHash).executeTakeFirst()
}

/** Uses an invitation up; of two who come at once, one gets it. */
export async function spendInvitation(tenant: Tenant, transaction: Handle, tokenHash: Buffer, now: Date) {
  return transaction
    .updateTable('castellan.invitations')
    .set({ used_at: now })
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(columns)
    .executeTakeFirst()
}

/** Takes invitations back: one, all to be of a role, or all; gives back their ids. */
export async function revokeInvitations(
  tenant: Tenant,
  transaction: Handle,
  which: { readonly id: string } | { readonly role: Role } | 'all',
  now: Date,
): Promise<string[]> {
  const live = transaction
    .updateTable('castellan.invitations')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenant)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
  const chosen =
    which === 'all'
      ? live
      : 'id' in which
        ? live.where('id', '=', which.id)
        : live.where('role', '=', which.role)
  const rows = await chosen.returning('id').execute()
  return rows.map(({ id }) => id)
}

/** Removes invitations that ended before `before`. */
export async function pruneInvitations(tenant: Tenant, transaction: Handle, before: Date): Promise<void> {
  await transaction
    .deleteFrom('castellan.invitations')
    .where('tenant_id', '=', tenant)
    .where('expires_at', '<', before)
    .execute()
}

/** The name of the handle's own tenant. */
export async function loadTenantName(tenant: Tenant, handle: Handle): Promise<string> {
  const row = await handle
    .selectFrom('castellan.tenants')
    .select('name')
    .where('id', '=', tenant)
    .executeTakeFirstOrThrow()
  return row.name
}

/** All tenants besides the home, for a handle of the home; others see themselves only. */
export async function loadTenants(home: Tenant, handle: Handle) {
  return handle
    .selectFrom('castellan.tenants')
    .select(['id', 'name', 'created_at'])
    .where('id', '<>', home)
    .orderBy('created_at')
    .execute()
}

/** Adds a tenant, in a transaction of the home. */
export async function addTenant(
  _home: Tenant,
  transaction: Handle,
  tenant: { readonly id: Tenant; readonly name: string; readonly at: Date },
): Promise<void> {
  await transaction
    .insertInto('castellan.tenants')
    .values({ id: tenant.id, name: tenant.name, created_at: tenant.at })
    .execute()
}

/** Lets the rest of a transaction of the home write as another tenant, or as the home again. */
export async function turnTo(tenant: Tenant, transaction: Handle): Promise<void> {
  await sql`select set_config('castellan.tenant', ${tenant}, true)`.execute(transaction)
}
