/** The SQL of callers. Times come from the caller, so that one clock decides. */
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'
import type { Caller } from './types.ts'

type Row = {
  id: string
  name: string
  namespace: string
  models: string[]
  per_minute: number
  burst: number
  tokens_per_day: string
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
}

const columns = [
  ...['id', 'name', 'namespace', 'models', 'per_minute', 'burst', 'tokens_per_day'],
  ...['created_at', 'expires_at', 'last_used_at'],
] as (keyof Row)[]

const callerOf = (row: Row): Caller => ({
  id: row.id,
  name: row.name,
  namespace: row.namespace,
  models: row.models,
  perMinute: row.per_minute,
  burst: row.burst,
  tokensPerDay: Number(row.tokens_per_day),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
})

/** Stores a new token; false when its namespace has one of that name. */
export async function saveCaller(
  tenant: Tenant,
  handle: Handle,
  caller: Caller & { readonly tokenHash: Buffer },
): Promise<boolean> {
  const saved = await handle
    .insertInto('castellan.callers')
    .values({
      id: caller.id,
      tenant_id: tenant,
      name: caller.name,
      namespace: caller.namespace,
      token_hash: caller.tokenHash,
      models: [...caller.models],
      per_minute: caller.perMinute,
      burst: caller.burst,
      tokens_per_day: caller.tokensPerDay,
      created_at: caller.createdAt,
      expires_at: caller.expiresAt,
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'namespace', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

/** All tokens, by namespace and name, with what each namespace has spent today. */
export async function loadCallers(
  tenant: Tenant,
  handle: Handle,
): Promise<(Caller & { readonly tokensToday: number })[]> {
  const rows = await handle
    .selectFrom('castellan.callers')
    .leftJoin('castellan.usage', (join) =>
      join
        .onRef('castellan.usage.tenant_id', '=', 'castellan.callers.tenant_id')
        .on('castellan.usage.day', '=', sql<string>`current_date`)
        .on('castellan.usage.principal', '=', sql<string>`'caller:' || castellan.callers.namespace`)
        .on('castellan.usage.subject', '=', 'tokens'),
    )
    .select(columns)
    .select('castellan.usage.spent')
    .where('castellan.callers.tenant_id', '=', tenant)
    .orderBy('namespace')
    .orderBy('name')
    .execute()
  return rows.map((row) => ({ ...callerOf(row), tokensToday: Number(row.spent ?? 0) }))
}

/** The live token with this hash or id. */
export async function loadCaller(
  tenant: Tenant,
  handle: Handle,
  by: { readonly tokenHash: Buffer } | { readonly id: string },
  now: Date,
): Promise<Caller | undefined> {
  const live = handle
    .selectFrom('castellan.callers')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
  const row = await ('id' in by
    ? live.where('id', '=', by.id)
    : live.where('token_hash', '=', by.tokenHash)
  ).executeTakeFirst()
  return row === undefined ? undefined : callerOf(row)
}

/** Notes that a token was used. */
export async function saveUsed(tenant: Tenant, handle: Handle, id: string, now: Date): Promise<void> {
  await handle
    .updateTable('castellan.callers')
    .set({ last_used_at: now })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Revokes a token; its name and namespace, or undefined when there is none. */
export async function deleteCaller(tenant: Tenant, handle: Handle, id: string) {
  return handle
    .deleteFrom('castellan.callers')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .returning(['name', 'namespace'])
    .executeTakeFirst()
}
