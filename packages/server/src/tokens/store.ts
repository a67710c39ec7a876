/** The SQL of signing keys, registered apps and personal tokens. Times come from the caller, so that one clock decides. */
import type { ClientView, PersonRole, Scope } from '@castellan/contracts'
import type { JWK } from 'jose'
import { sql } from 'kysely'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { SigningKey } from './key-plan.ts'

// --- keys ---------------------------------------------------------------------------------------------------------

/** Every key there is, oldest first. */
export async function loadKeys(tenant: Tenant, handle: Handle): Promise<SigningKey[]> {
  const rows = await handle
    .selectFrom('castellan.token_keys')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .orderBy('signs_from')
    .execute()
  return rows.map((row) => ({
    kid: row.kid,
    publicKey: row.public_key as JWK,
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    signsUntil: row.signs_until,
  }))
}

/** Lets one process at a time decide whether a key is due, until the transaction ends. */
export async function lockKeys(handle: Handle): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('castellan.token_keys', 0))`.execute(handle)
}

/** Stores a key. */
export async function saveKey(tenant: Tenant, handle: Handle, key: SigningKey): Promise<void> {
  await handle
    .insertInto('castellan.token_keys')
    .values({
      tenant_id: tenant,
      kid: key.kid,
      alg: 'EdDSA',
      public_key: JSON.stringify(key.publicKey),
      created_at: key.createdAt,
      signs_from: key.signsFrom,
      signs_until: key.signsUntil,
    })
    .execute()
}

/** From a time on no older key signs any more. */
export async function endSigning(tenant: Tenant, handle: Handle, at: Date): Promise<void> {
  await handle
    .updateTable('castellan.token_keys')
    .set({ signs_until: at })
    .where('tenant_id', '=', tenant)
    .where('signs_from', '<', at)
    .where('signs_until', '>', at)
    .execute()
}

/** Removes a key. */
export async function deleteKey(tenant: Tenant, handle: Handle, kid: string): Promise<void> {
  await handle
    .deleteFrom('castellan.token_keys')
    .where('tenant_id', '=', tenant)
    .where('kid', '=', kid)
    .execute()
}

// --- apps ---------------------------------------------------------------------------------------------------------

const clientColumns = ['id', 'name', 'redirect_uris', 'created_at'] as const

/** The registered apps, by name. */
export async function loadClients(tenant: Tenant, handle: Handle): Promise<ClientView[]> {
  const rows = await handle
    .selectFrom('castellan.token_clients')
    .select(clientColumns)
    .where('tenant_id', '=', tenant)
    .orderBy('name')
    .execute()
  return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString() }))
}

/** One of them. */
export async function loadClient(
  tenant: Tenant,
  handle: Handle,
  id: string,
): Promise<ClientView | undefined> {
  const row = await handle
    .selectFrom('castellan.token_clients')
    .select(clientColumns)
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : { ...row, created_at: row.created_at.toISOString() }
}

/** Registers an app; false when its id is taken. */
export async function saveClient(tenant: Tenant, handle: Handle, client: ClientView): Promise<boolean> {
  const saved = await handle
    .insertInto('castellan.token_clients')
    .values({ tenant_id: tenant, ...client, redirect_uris: [...client.redirect_uris] })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

/** Removes an app and, by the foreign keys, everything it was given, in every tenant; false when there is none. */
export async function deleteClient(tenant: Tenant, handle: Handle, id: string): Promise<boolean> {
  const gone = await handle
    .deleteFrom('castellan.token_clients')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

// --- personal tokens ----------------------------------------------------------------------------------------------

/** A personal token as the database knows it. */
export interface StoredPersonal {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
  readonly lastAddress: string | null
}

/** Whose token it is, as they are now. */
export interface Bearer extends StoredPersonal {
  readonly person: PersonId
  readonly role: PersonRole
}

/** The tenant of an exact hash. */
export async function tenantOfPersonal(handle: Handle, hash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_personal_token(${hash}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** The live personal token of a hash, if its person may still come in. */
export async function loadBearer(
  tenant: Tenant,
  handle: Handle,
  hash: Buffer,
  now: Date,
): Promise<Bearer | undefined> {
  const row = await live(tenant, handle, now)
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.id', '=', 't.person_id').onRef('p.tenant_id', '=', 't.tenant_id'),
    )
    .select(['t.person_id', 'p.role'])
    .where('t.token_hash', '=', hash)
    .where('p.disabled_at', 'is', null)
    .executeTakeFirst()
  return row === undefined
    ? undefined
    : { ...personalOf(row), person: row.person_id as PersonId, role: row.role }
}

/** A person's live tokens, newest first. */
export async function loadPersonal(
  tenant: Tenant,
  handle: Handle,
  person: PersonId,
  now: Date,
): Promise<StoredPersonal[]> {
  const rows = await live(tenant, handle, now)
    .where('t.person_id', '=', person)
    .orderBy('t.created_at', 'desc')
    .execute()
  return rows.map(personalOf)
}

function live(tenant: Tenant, handle: Handle, now: Date) {
  return handle
    .selectFrom('castellan.personal_tokens as t')
    .select([
      't.id',
      't.name',
      't.scopes',
      't.created_at',
      't.expires_at',
      't.last_used_at',
      't.last_address',
    ])
    .where('t.tenant_id', '=', tenant)
    .where('t.revoked_at', 'is', null)
    .where((eb) => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', now)]))
}

const personalOf = (row: {
  id: string
  name: string
  scopes: string[]
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
  last_address: string | null
}): StoredPersonal => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes as Scope[],
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  lastAddress: row.last_address,
})

/** Stores a personal token unless the person has `most` live ones already; false then. Of two at once one waits. */
export async function savePersonal(
  tenant: Tenant,
  handle: Handle,
  token: StoredPersonal & { person: PersonId; hash: Buffer; most: number },
): Promise<boolean> {
  await sql`select 1 from castellan.people where tenant_id = ${tenant} and id = ${token.person} for update`.execute(
    handle,
  )
  if ((await loadPersonal(tenant, handle, token.person, token.createdAt)).length >= token.most) return false
  await handle
    .insertInto('castellan.personal_tokens')
    .values({
      id: token.id,
      tenant_id: tenant,
      person_id: token.person,
      token_hash: token.hash,
      name: token.name,
      scopes: [...token.scopes],
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    })
    .execute()
  return true
}

/** Notes a use. */
export async function touchPersonal(
  tenant: Tenant,
  handle: Handle,
  id: string,
  use: { at: Date; address: string },
): Promise<void> {
  await handle
    .updateTable('castellan.personal_tokens')
    .set({ last_used_at: use.at, last_address: use.address })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Revokes one token of a person, or all of them; gives back which. */
export async function revokePersonal(
  tenant: Tenant,
  handle: Handle,
  by: { person: PersonId; id?: string; at: Date },
): Promise<string[]> {
  const theirs = handle
    .updateTable('castellan.personal_tokens')
    .set({ revoked_at: by.at })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', by.person)
    .where('revoked_at', 'is', null)
  const rows = await (by.id === undefined ? theirs : theirs.where('id', '=', by.id)).returning('id').execute()
  return rows.map((row) => row.id)
}
