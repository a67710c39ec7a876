/** The SQL of one-time codes, recovery codes and what sessions have shown. Times come from the caller. */
import { randomBytes } from 'node:crypto'
import type { StepFactor } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle } from '../database/index.ts'
import type { Who } from '../http/env.ts'
import type { Bearer } from './types.ts'

const handleBytes = 32

/** What a person has enrolled. */
export interface StoredFactors {
  readonly handle: Buffer
  readonly totpSecret: string | null
  readonly totpSince: Date | null
  readonly totpPending: string | null
  readonly totpPendingAt: Date | null
  readonly passwordClosedAt: Date | null
}

/** The person's row; undefined when they never began to enrol anything. */
export async function loadFactors(
  { tenant, person }: Who,
  handle: Handle,
): Promise<StoredFactors | undefined> {
  const row = await handle
    .selectFrom('castellan.factors')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    handle: row.handle,
    totpSecret: row.totp_secret,
    totpSince: row.totp_since,
    totpPending: row.totp_pending,
    totpPendingAt: row.totp_pending_at,
    passwordClosedAt: row.password_closed_at,
  }
}

/** Which proofs a person has. */
export async function loadHeld(
  { tenant, person }: Who,
  handle: Handle,
): Promise<{ totp: boolean; passkey: boolean; password: boolean }> {
  const { rows } = await sql<{ totp: boolean; passkey: boolean; password: boolean }>`
    select p.password is not null as password,
      exists (select from castellan.passkeys k where k.tenant_id = p.tenant_id and k.person_id = p.id) as passkey,
      exists (select from castellan.factors f where f.tenant_id = p.tenant_id and f.person_id = p.id
        and f.totp_secret is not null) as totp
    from castellan.people p where p.tenant_id = ${tenant} and p.id = ${person}`.execute(handle)
  return rows[0] ?? { totp: false, passkey: false, password: false }
}

/** The person's row, made when there is none, and locked until the transaction ends. */
export async function lockFactors(who: Who, transaction: Handle): Promise<StoredFactors> {
  await transaction
    .insertInto('castellan.factors')
    .values({ tenant_id: who.tenant, person_id: who.person, handle: randomBytes(handleBytes) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await sql`select from castellan.factors
    where tenant_id = ${who.tenant} and person_id = ${who.person} for update`.execute(transaction)
  const stored = await loadFactors(who, transaction)
  if (stored === undefined) throw new TypeError('a row that was just made is not there')
  return stored
}

/** Changes the person's row. */
export async function saveFactors(
  { tenant, person }: Who,
  handle: Handle,
  change: {
    totp_secret?: string | null
    totp_since?: Date | null
    totp_pending?: string | null
    totp_pending_at?: Date | null
    totp_last_step?: number
    password_closed_at?: Date | null
  },
): Promise<void> {
  await handle
    .updateTable('castellan.factors')
    .set(change)
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .execute()
}

/** Takes a step of the secret that counts; false when it or a later one was taken. Of two who come at once, one gets true. */
export async function takeStep(
  { tenant, person }: Who,
  handle: Handle,
  secret: string,
  step: number,
): Promise<boolean> {
  const taken = await handle
    .updateTable('castellan.factors')
    .set({ totp_last_step: step })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('totp_secret', '=', secret)
    .where('totp_last_step', '<', String(step))
    .returning('person_id')
    .executeTakeFirst()
  return taken !== undefined
}

/** Puts these recovery codes in place of all there were. */
export async function saveRecoveryCodes(
  { tenant, person }: Who,
  transaction: Handle,
  hashes: readonly Buffer[],
  at: Date,
): Promise<void> {
  await deleteRecoveryCodes({ tenant, person }, transaction)
  await transaction
    .insertInto('castellan.recovery_codes')
    .values(hashes.map((code_hash) => ({ tenant_id: tenant, person_id: person, code_hash, made_at: at })))
    .execute()
}

/** Removes all recovery codes of a person. */
export async function deleteRecoveryCodes({ tenant, person }: Who, handle: Handle): Promise<void> {
  await handle
    .deleteFrom('castellan.recovery_codes')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .execute()
}

/** Uses a recovery code up; false for an unknown or used one. Of two who come at once, one gets true. */
export async function spendRecoveryCode(
  { tenant, person }: Who,
  handle: Handle,
  hash: Buffer,
  now: Date,
): Promise<boolean> {
  const spent = await handle
    .updateTable('castellan.recovery_codes')
    .set({ used_at: now })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('code_hash', '=', hash)
    .where('used_at', 'is', null)
    .returning('person_id')
    .executeTakeFirst()
  return spent !== undefined
}

/** How many recovery codes are left, and when they were made; null when there never were any. */
export async function loadRecovery(
  { tenant, person }: Who,
  handle: Handle,
): Promise<{ left: number; madeAt: Date } | null> {
  const { rows } = await sql<{ left: number; made_at: Date | null }>`
    select count(*) filter (where used_at is null)::int as left, max(made_at) as made_at
    from castellan.recovery_codes where tenant_id = ${tenant} and person_id = ${person}`.execute(handle)
  const [row] = rows
  return row?.made_at == null ? null : { left: row.left, madeAt: row.made_at }
}

/** Notes what a session has shown. */
export async function saveShown(
  { tenant }: Who,
  handle: Handle,
  shown: { session: string; factor: StepFactor; at: Date },
): Promise<void> {
  const { session: session_id, factor, at: shown_at } = shown
  await handle
    .insertInto('castellan.shown_factors')
    .values({ tenant_id: tenant, session_id, factor, shown_at })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet({ factor, shown_at }))
    .execute()
}

/** Forgets what the person's other sessions have shown: it may have been what is removed now. */
export async function forgetShown({ tenant, person, sessionId }: Bearer, transaction: Handle): Promise<void> {
  await sql`delete from castellan.shown_factors f using castellan.sessions s
    where f.tenant_id = ${tenant} and s.id = f.session_id and s.tenant_id = f.tenant_id
      and s.person_id = ${person} and s.id <> ${sessionId}`.execute(transaction)
}

/** When a live session of the person began and what it has shown since. */
export async function loadShown(
  { tenant, person }: Who,
  handle: Handle,
  session: string,
): Promise<{ beganAt: Date; factor: StepFactor | null; shownAt: Date | null } | undefined> {
  const row = await handle
    .selectFrom('castellan.sessions as s')
    .leftJoin('castellan.shown_factors as f', 'f.session_id', 's.id')
    .select(['s.created_at', 'f.factor', 'f.shown_at'])
    .where('s.tenant_id', '=', tenant)
    .where('s.person_id', '=', person)
    .where('s.id', '=', session)
    .where('s.revoked_at', 'is', null)
    .executeTakeFirst()
  return row && { beganAt: row.created_at, factor: row.factor, shownAt: row.shown_at }
}
