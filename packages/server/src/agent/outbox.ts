/**
 * Sends what stands in the outbox, each with its idempotency key: retried with growing pauses, and laid aside and shown
 * when it cannot be delivered. A crash between sending and marking sends again; the key lets the channel notice.
 */
import type { Json, Notice } from '@castellan/contracts'
import { sql } from 'kysely'
import * as z from 'zod'
import type { Database, Tenant } from '../database/index.ts'
import type { Hearer } from '../http/index.ts'

/** One thing to deliver. */
export interface Outgoing {
  readonly id: string
  readonly key: string
  readonly body: Json
  readonly createdAt: string
}

/** A channel's way out. Rejects when it could not deliver. */
export type Deliver = (tenant: Tenant, outgoing: Outgoing) => Promise<void>

const maxAttempts = 8
const firstPauseMs = 2_000

const Body = z.object({ text: z.string() })

/** The newest 100 rows of the outbox for a person, whatever became of them. */
export async function loadNotices({ tenant, principal }: Hearer, database: Database): Promise<Notice[]> {
  const rows = await database
    .as(tenant)
    .selectFrom('castellan.outbox')
    .selectAll()
    .where('tenant_id', '=', tenant)
    // Older ones name nobody: they are the owner's.
    .where(sql<boolean>`coalesce(body ->> 'to', 'owner') = ${principal}`)
    .orderBy('created_at', 'desc')
    .limit(100)
    .execute()
  return rows.map(({ id, channel, state, last_error, created_at, body }) => ({
    ...{ id, channel, state, error: last_error, at: created_at.toISOString() },
    text: Body.safeParse(body).data?.text ?? '',
  }))
}

/** Delivers what is due, oldest first; returns how many rows it handled. Several processes may call it at once. */
export async function deliverDue(
  tenant: Tenant,
  database: Database,
  channels: ReadonlyMap<string, Deliver>,
): Promise<number> {
  let handled = 0
  while (await deliverOne(tenant, database, channels)) handled += 1
  return handled
}

async function deliverOne(
  tenant: Tenant,
  database: Database,
  channels: ReadonlyMap<string, Deliver>,
): Promise<boolean> {
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = await transaction
        .selectFrom('castellan.outbox')
        .selectAll()
        .where('tenant_id', '=', tenant)
        .where('state', '=', 'ready')
        .where('next_attempt_at', '<=', sql<Date>`clock_timestamp()`)
        .orderBy('next_attempt_at')
        .limit(1)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst()
      if (row === undefined) return false
      const outgoing = {
        id: row.id,
        key: row.external_key,
        body: row.body,
        createdAt: row.created_at.toISOString(),
      }
      const problem = await attempt(channels.get(row.channel), tenant, outgoing)
      const attempts = row.attempts + 1
      const pauseMs = firstPauseMs * 2 ** row.attempts
      await transaction
        .updateTable('castellan.outbox')
        .set(
          problem === null
            ? { state: 'sent', attempts, last_error: null, sent_at: sql<Date>`clock_timestamp()` as never }
            : {
                state: attempts < maxAttempts ? 'ready' : 'dead',
                attempts,
                last_error: problem,
                next_attempt_at:
                  sql<Date>`clock_timestamp() + ${pauseMs} * interval '1 millisecond'` as never,
              },
        )
        .where('id', '=', row.id)
        .execute()
      return true
    })
}

async function attempt(
  deliver: Deliver | undefined,
  tenant: Tenant,
  outgoing: Outgoing,
): Promise<string | null> {
  if (deliver === undefined) return 'this channel is not set up'
  try {
    await deliver(tenant, outgoing)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
