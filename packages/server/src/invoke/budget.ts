/**
 * Budgets per principal and day, reserved in the transaction that records the intent, so that parallel calls cannot
 * overspend together; and rates per principal, skill and minute, kept in memory.
 */
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'

/** What one principal may spend in a day. */
export interface Budget {
  readonly callsPerDay: number
  readonly tokensPerDay: number
}

export type Subject = 'calls' | 'tokens'

/** Takes `amount` from today's budget, or nothing at all; says whether it was there. */
export async function reserve(
  tenant: Tenant,
  handle: Handle,
  principal: string,
  subject: Subject,
  amount: number,
  limit: number,
): Promise<boolean> {
  if (amount > limit) return false
  const row = await sql<{ spent: string }>`
    insert into castellan.usage as u (tenant_id, day, principal, subject, spent)
    values (${tenant}, current_date, ${principal}, ${subject}, ${amount})
    on conflict (tenant_id, day, principal, subject) do update set spent = u.spent + excluded.spent
    where u.spent + excluded.spent <= ${limit}
    returning spent`.execute(handle)
  return row.rows.length > 0
}

/** Corrects a reservation by what was really used: positive when it was more than reserved. */
export async function settleUsage(
  tenant: Tenant,
  handle: Handle,
  principal: string,
  subject: Subject,
  difference: number,
): Promise<void> {
  if (difference === 0) return
  await sql`
    insert into castellan.usage as u (tenant_id, day, principal, subject, spent)
    values (${tenant}, current_date, ${principal}, ${subject}, greatest(0, ${difference}::bigint))
    on conflict (tenant_id, day, principal, subject) do update set spent = greatest(0, u.spent + ${difference}::bigint)`.execute(
    handle,
  )
}

/** Calls per principal and skill within the last minute, exact for one process. */
export class Rates {
  readonly #recent = new Map<string, number[]>()

  /** Counts a call at `now` (epoch ms) when fewer than `perMinute` came before it; else says when to come back. */
  take(key: string, perMinute: number, now: number): { ok: true } | { ok: false; retryAfterMs: number } {
    if (perMinute === Number.POSITIVE_INFINITY) return { ok: true }
    const since = now - 60_000
    const recent = (this.#recent.get(key) ?? []).filter((at) => at > since && at <= now)
    const oldest = recent[0]
    if (recent.length >= perMinute && oldest !== undefined) {
      this.#recent.set(key, recent)
      return { ok: false, retryAfterMs: oldest + 60_000 - now }
    }
    recent.push(now)
    this.#recent.set(key, recent)
    return { ok: true }
  }
}
