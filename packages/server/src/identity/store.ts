/** The SQL of identity: sessions, one-time links. Times come from the caller, so that one clock decides. */
import type { PersonRole } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, PersonId, Tenant } from '../database/index.ts'

/** A live session as the database knows it. */
export interface StoredSession {
  readonly id: string
  readonly person: PersonId
  readonly role: PersonRole
  readonly beganBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastSeenAt: Date
  readonly userAgent: string
  readonly address: string
}

const columns = [
  'sessions.id',
  'sessions.person_id',
  'people.role',
  'sessions.began_by',
  'sessions.created_at',
  'sessions.expires_at',
  'sessions.last_seen_at',
  'sessions.user_agent',
  'sessions.address',
] as const
type Row = Awaited<ReturnType<ReturnType<typeof liveSessions>['executeTakeFirstOrThrow']>>
const fromRow = (row: Row): StoredSession => ({
  id: row.id,
  person: row.person_id as PersonId,
  role: row.role,
  beganBy: row.began_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastSeenAt: row.last_seen_at,
  userAgent: row.user_agent,
  address: row.address,
})

/** Begins a session. */
export async function saveSession(
  tenant: Tenant,
  handle: Handle,
  session: Omit<StoredSession, 'role' | 'createdAt' | 'lastSeenAt'> & { tokenHash: Buffer; at: Date },
): Promise<void> {
  await handle
    .insertInto('castellan.sessions')
    .values({
      token_hash: session.tokenHash,
      tenant_id: tenant,
      id: session.id,
      person_id: session.person,
      began_by: session.beganBy,
      created_at: session.at,
      last_seen_at: session.at,
      expires_at: session.expiresAt,
      user_agent: session.userAgent,
      address: session.address,
    })
    .execute()
}

/** Gives a live session of a person another token; gives back when it ends, undefined when it has. */
export async function saveToken(
  tenant: Tenant,
  handle: Handle,
  session: { id: string; person: PersonId; tokenHash: Buffer },
  now: Date,
): Promise<Date | undefined> {
  const row = await handle
    .updateTable('castellan.sessions')
    .set({ token_hash: session.tokenHash })
    .where('tenant_id', '=', tenant)
    .where('id', '=', session.id)
    .where('person_id', '=', session.person)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('expires_at')
    .executeTakeFirst()
  return row?.expires_at
}

/** The live session of a token or of an id; undefined when there is none. */
export async function loadSession(
  tenant: Tenant,
  handle: Handle,
  by: { tokenHash: Buffer } | { id: string },
  now: Date,
): Promise<StoredSession | undefined> {
  const live = liveSessions(tenant, handle, now)
  const row = await ('id' in by
    ? live.where('sessions.id', '=', by.id)
    : live.where('sessions.token_hash', '=', by.tokenHash)
  ).executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

/** All live sessions of a person, newest first. */
export async function loadSessions(
  tenant: Tenant,
  handle: Handle,
  person: PersonId,
  now: Date,
): Promise<StoredSession[]> {
  const own = liveSessions(tenant, handle, now).where('sessions.person_id', '=', person)
  return (await own.orderBy('sessions.created_at', 'desc').execute()).map(fromRow)
}

/** Sessions of people who are not disabled; who is has none. */
function liveSessions(tenant: Tenant, handle: Handle, now: Date) {
  return handle
    .selectFrom('castellan.sessions as sessions')
    .innerJoin('castellan.people as people', (join) =>
      join.onRef('people.id', '=', 'sessions.person_id').onRef('people.tenant_id', '=', 'sessions.tenant_id'),
    )
    .select(columns)
    .where('sessions.tenant_id', '=', tenant)
    .where('sessions.revoked_at', 'is', null)
    .where('sessions.expires_at', '>', now)
    .where('people.disabled_at', 'is', null)
}

/** The tenant of a session's token, whichever it is; undefined when nobody has that token. */
export async function findTenant(handle: Handle, tokenHash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_session(${tokenHash}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** Notes that a session was used. */
export async function saveSeen(tenant: Tenant, handle: Handle, id: string, now: Date): Promise<void> {
  await handle
    .updateTable('castellan.sessions')
    .set({ last_seen_at: now })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where('last_seen_at', '<', now)
    .execute()
}

/** Ends live sessions of a person, one or all but one; gives back the ids of those that were live. */
export async function endSessions(
  tenant: Tenant,
  handle: Handle,
  which: { person: PersonId; only?: string | undefined; except?: string | undefined },
  now: Date,
): Promise<string[]> {
  const { person, only, except } = which
  let live = handle
    .updateTable('castellan.sessions')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
  if (only !== undefined) live = live.where('id', '=', only)
  if (except !== undefined) live = live.where('id', '<>', except)
  return (await live.returning('id').execute()).map(({ id }) => id)
}

/** Stores a one-time link. */
export async function saveLink(
  tenant: Tenant,
  handle: Handle,
  link: { tokenHash: Buffer; at: Date; expiresAt: Date },
): Promise<void> {
  await handle
    .insertInto('castellan.signin_links')
    .values({
      token_hash: link.tokenHash,
      tenant_id: tenant,
      created_at: link.at,
      expires_at: link.expiresAt,
    })
    .execute()
}

/** Uses a link up; of two who come at once, one gets true. */
export async function spendLink(
  tenant: Tenant,
  handle: Handle,
  tokenHash: Buffer,
  now: Date,
): Promise<boolean> {
  const spent = await handle
    .updateTable('castellan.signin_links')
    .set({ used_at: now })
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('token_hash')
    .executeTakeFirst()
  return spent !== undefined
}

/** Removes what has no use any more: sessions and links that ended before `before`. */
export async function prune(tenant: Tenant, handle: Handle, before: Date): Promise<void> {
  await handle
    .deleteFrom('castellan.sessions')
    .where('tenant_id', '=', tenant)
    .where('expires_at', '<', before)
    .execute()
  await handle
    .deleteFrom('castellan.signin_links')
    .where('tenant_id', '=', tenant)
    .where('expires_at', '<', before)
    .execute()
}
