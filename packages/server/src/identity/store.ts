/** The SQL of identity: sessions, one-time links. Times come from the caller, so that one clock decides. */
import type { Handle, Tenant } from '../database/index.ts'

/** A live session as the database knows it. */
export interface StoredSession {
  readonly id: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastSeenAt: Date
  readonly userAgent: string
  readonly address: string
}

const columns = ['id', 'created_at', 'expires_at', 'last_seen_at', 'user_agent', 'address'] as const

type Row = {
  id: string
  created_at: Date
  expires_at: Date
  last_seen_at: Date
  user_agent: string
  address: string
}

const fromRow = (row: Row): StoredSession => ({
  id: row.id,
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
  session: { tokenHash: Buffer; id: string; at: Date; expiresAt: Date; userAgent: string; address: string },
): Promise<void> {
  await handle
    .insertInto('castellan.sessions')
    .values({
      token_hash: session.tokenHash,
      tenant_id: tenant,
      id: session.id,
      principal: 'owner',
      created_at: session.at,
      last_seen_at: session.at,
      expires_at: session.expiresAt,
      user_agent: session.userAgent,
      address: session.address,
    })
    .execute()
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
    ? live.where('id', '=', by.id)
    : live.where('token_hash', '=', by.tokenHash)
  ).executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

/** All live sessions, newest first. */
export async function loadSessions(tenant: Tenant, handle: Handle, now: Date): Promise<StoredSession[]> {
  return (await liveSessions(tenant, handle, now).orderBy('created_at', 'desc').execute()).map(fromRow)
}

function liveSessions(tenant: Tenant, handle: Handle, now: Date) {
  return handle
    .selectFrom('castellan.sessions')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
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

/** Ends a live session; false when it had ended already or never was. */
export async function endSession(tenant: Tenant, handle: Handle, id: string, now: Date): Promise<boolean> {
  const ended = await handle
    .updateTable('castellan.sessions')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  return ended !== undefined
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
