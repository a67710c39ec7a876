/** The SQL of families, their refresh tokens and the codes they begin with. Times come from the caller. */
import type { PersonRole, Scope } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { Arrival, WhyEnded } from './types.ts'

/** One app on one machine, signed in as somebody; or a token minted for a test. */
export interface Family {
  readonly id: string
  readonly person: PersonId
  readonly client: string | null
  readonly name: string
  /** What its tokens act as, never above the person's own role. */
  readonly role: PersonRole
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly address: string
  readonly userAgent: string
}

/** The tenant of a refresh token's exact hash. */
export async function tenantOfRefresh(handle: Handle, hash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_refresh_token(${hash}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** Begins a family. */
export async function saveFamily(tenant: Tenant, handle: Handle, family: Family): Promise<void> {
  await handle
    .insertInto('castellan.token_families')
    .values({
      id: family.id,
      tenant_id: tenant,
      person_id: family.person,
      client_id: family.client,
      name: family.name,
      role: family.role,
      scopes: [...family.scopes],
      created_at: family.createdAt,
      last_used_at: family.lastUsedAt,
      expires_at: family.expiresAt,
      address: family.address,
      user_agent: family.userAgent,
    })
    .execute()
}

const columns = [
  'id',
  'person_id',
  'client_id',
  'name',
  'role',
  'scopes',
  'created_at',
  'last_used_at',
  'expires_at',
  'ended_at',
  'address',
  'user_agent',
] as const

/** A person's live families, newest first. */
export async function loadFamilies(
  tenant: Tenant,
  handle: Handle,
  person: PersonId,
  now: Date,
): Promise<Family[]> {
  const rows = await handle
    .selectFrom('castellan.token_families')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map(familyOf)
}

/** What a living family's person may do now; undefined once either has ended. */
export async function loadAlive(
  tenant: Tenant,
  handle: Handle,
  of: { family: string; person: PersonId },
  now: Date,
): Promise<{ role: PersonRole; familyRole: PersonRole } | undefined> {
  const row = await handle
    .selectFrom('castellan.token_families as f')
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.id', '=', 'f.person_id').onRef('p.tenant_id', '=', 'f.tenant_id'),
    )
    .select(['p.role', 'f.role as family_role'])
    .where('f.tenant_id', '=', tenant)
    .where('f.id', '=', of.family)
    .where('f.person_id', '=', of.person)
    .where('f.ended_at', 'is', null)
    .where('f.expires_at', '>', now)
    .where('p.disabled_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? undefined : { role: row.role, familyRole: row.family_role }
}

/** Ends one family, those of a person, or those of an app here; gives back which. */
export async function endFamilies(
  tenant: Tenant,
  handle: Handle,
  which: { id?: string; person?: PersonId },
  end: { at: Date; why: WhyEnded },
): Promise<string[]> {
  let ending = handle
    .updateTable('castellan.token_families')
    .set({ ended_at: end.at, ended_why: end.why })
    .where('tenant_id', '=', tenant)
    .where('ended_at', 'is', null)
  if (which.id !== undefined) ending = ending.where('id', '=', which.id)
  if (which.person !== undefined) ending = ending.where('person_id', '=', which.person)
  return (await ending.returning('id').execute()).map((row) => row.id)
}

/** Notes that a family was used. */
export async function touchFamily(
  tenant: Tenant,
  handle: Handle,
  id: string,
  use: Arrival & { at: Date },
): Promise<void> {
  await handle
    .updateTable('castellan.token_families')
    .set({ last_used_at: use.at, address: use.address, user_agent: use.userAgent })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** A family with its person as they are now. */
export interface LockedFamily extends Family {
  readonly personRole: PersonRole
  readonly disabled: boolean
}

/** A refresh token with its family. */
export interface StoredRefresh {
  readonly expiresAt: Date
  readonly usedAt: Date | null
  readonly family: LockedFamily
}

/** A refresh token, locked: of two who come with it at once the second sees what the first did. */
export async function lockRefresh(
  tenant: Tenant,
  handle: Handle,
  hash: Buffer,
): Promise<StoredRefresh | undefined> {
  const token = await handle
    .selectFrom('castellan.refresh_tokens')
    .select(['family_id', 'expires_at', 'used_at'])
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', hash)
    .forUpdate()
    .executeTakeFirst()
  if (token === undefined) return undefined
  const family = await lockFamily(tenant, handle, token.family_id)
  return family && { expiresAt: token.expires_at, usedAt: token.used_at, family }
}

/** A family, locked, with what its person is now. */
export async function lockFamily(
  tenant: Tenant,
  handle: Handle,
  id: string,
): Promise<LockedFamily | undefined> {
  const row = await handle
    .selectFrom('castellan.token_families as f')
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.id', '=', 'f.person_id').onRef('p.tenant_id', '=', 'f.tenant_id'),
    )
    .select(columns.map((column) => `f.${column}` as const))
    .select(['p.role as person_role', 'p.disabled_at'])
    .where('f.tenant_id', '=', tenant)
    .where('f.id', '=', id)
    .forUpdate('f')
    .executeTakeFirst()
  return row && { ...familyOf(row), personRole: row.person_role, disabled: row.disabled_at !== null }
}

/** The family of a refresh token, used or not. */
export async function familyOfRefresh(
  tenant: Tenant,
  handle: Handle,
  hash: Buffer,
): Promise<string | undefined> {
  const row = await handle
    .selectFrom('castellan.refresh_tokens')
    .select('family_id')
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', hash)
    .executeTakeFirst()
  return row?.family_id
}

/** Marks a refresh token as used. */
export async function useRefresh(tenant: Tenant, handle: Handle, hash: Buffer, at: Date): Promise<void> {
  await handle
    .updateTable('castellan.refresh_tokens')
    .set({ used_at: at })
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', hash)
    .execute()
}

/** Stores a refresh token. */
export async function saveRefresh(
  tenant: Tenant,
  handle: Handle,
  token: { hash: Buffer; family: string; at: Date; expiresAt: Date },
): Promise<void> {
  await handle
    .insertInto('castellan.refresh_tokens')
    .values({
      token_hash: token.hash,
      tenant_id: tenant,
      family_id: token.family,
      created_at: token.at,
      expires_at: token.expiresAt,
    })
    .execute()
}

function familyOf(row: {
  id: string
  person_id: string
  client_id: string | null
  name: string
  role: PersonRole
  scopes: string[]
  created_at: Date
  last_used_at: Date
  expires_at: Date
  ended_at: Date | null
  address: string
  user_agent: string
}): Family {
  return {
    id: row.id,
    person: row.person_id as PersonId,
    client: row.client_id,
    name: row.name,
    role: row.role,
    scopes: row.scopes as Scope[],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    address: row.address,
    userAgent: row.user_agent,
  }
}
