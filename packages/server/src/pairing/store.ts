/** The SQL of pairings and of the attempts at their codes. Times come from the caller, so that one clock decides. */
import { DeviceKey, DeviceKind } from '@castellan/contracts'
import { type Selectable, sql } from 'kysely'
import * as z from 'zod'
import type { Database, Handle, PersonId, Schema, Tenant } from '../database/index.ts'
import type { Candidate, Pairing } from './types.ts'

const Stored = z.object({
  name: z.string(),
  kind: DeviceKind,
  key: DeviceKey,
  thumbprint: z.string(),
  address: z.string(),
})

const fromRow = (row: Selectable<Schema['castellan.pairings']>): Pairing => ({
  id: row.id,
  person: row.person_id as PersonId,
  madeBy: row.made_by as PersonId,
  channel: row.channel,
  name: row.name,
  state: row.state,
  codeExpiresAt: row.code_expires_at,
  expiresAt: row.expires_at,
  spentAt: row.spent_at,
  device: row.device === null ? null : Stored.parse(row.device),
  phrase: row.phrase,
  deviceId: row.device_id,
})

/** The tenant of a code, a pairing or a device; asked before anybody is known. */
export async function tenantOf(
  { pool }: Database,
  by: 'code' | 'pairing' | 'device',
  value: string | Buffer,
): Promise<Tenant | undefined> {
  const { rows } = await pool.query<{ tenant: Tenant | null }>(
    `select castellan.tenant_of_${by}($1) as tenant`,
    [value],
  )
  return rows[0]?.tenant ?? undefined
}

/** Stores a pairing and calls off the open ones of the same sort that the same person made before. */
export async function savePairing(
  tenant: Tenant,
  handle: Handle,
  made: {
    readonly id: string
    readonly person: PersonId
    readonly madeBy: PersonId
    readonly channel: string | null
    readonly name: string | null
    readonly codeHash: Buffer
    readonly at: Date
    readonly expiresAt: Date
  },
): Promise<void> {
  await handle
    .updateTable('castellan.pairings')
    .set({ state: 'denied' })
    .where('tenant_id', '=', tenant)
    .where('made_by', '=', made.madeBy)
    .where('channel', 'is not distinct from', made.channel)
    .where('state', '=', 'open')
    .execute()
  await handle
    .insertInto('castellan.pairings')
    .values({
      id: made.id,
      tenant_id: tenant,
      person_id: made.person,
      made_by: made.madeBy,
      channel: made.channel,
      name: made.name,
      code_hash: made.codeHash,
      state: 'open',
      created_at: made.at,
      code_expires_at: made.expiresAt,
      expires_at: made.expiresAt,
    })
    .execute()
}

/** A pairing by its id or its code, locked until the transaction ends: of two who decide at once, one waits. */
export async function lockPairing(
  tenant: Tenant,
  transaction: Handle,
  by: { id: string } | { codeHash: Buffer },
): Promise<Pairing | undefined> {
  const query = transaction
    .selectFrom('castellan.pairings')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .forUpdate()
  const row = await ('id' in by
    ? query.where('id', '=', by.id)
    : query.where('code_hash', '=', by.codeHash)
  ).executeTakeFirst()
  return row && fromRow(row)
}

/** A pairing by its id. */
export async function loadPairing(tenant: Tenant, handle: Handle, id: string): Promise<Pairing | undefined> {
  const row = await handle
    .selectFrom('castellan.pairings')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Notes that a device has spent the code. */
export async function saveCandidate(
  tenant: Tenant,
  handle: Handle,
  id: string,
  given: { device: Candidate; phrase: string; at: Date; expiresAt: Date },
): Promise<void> {
  await handle
    .updateTable('castellan.pairings')
    .set({
      ...{ state: 'compare', device: JSON.stringify(given.device), phrase: given.phrase },
      ...{ spent_at: given.at, expires_at: given.expiresAt },
    })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Ends a pairing one way or the other; what was compared is forgotten. */
export async function endPairing(
  tenant: Tenant,
  handle: Handle,
  id: string,
  given: { state: 'paired' | 'denied'; deviceId?: string; spentAt?: Date },
): Promise<void> {
  await handle
    .updateTable('castellan.pairings')
    .set({
      ...{ state: given.state, phrase: null, device_id: given.deviceId ?? null },
      ...(given.spentAt === undefined ? {} : { spent_at: given.spentAt }),
    })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Calls off what a person has made, or somebody for them, and nobody has decided yet. */
export async function denyPairings(tenant: Tenant, handle: Handle, person: PersonId): Promise<void> {
  await handle
    .updateTable('castellan.pairings')
    .set({ state: 'denied', phrase: null })
    .where('tenant_id', '=', tenant)
    .where((eb) => eb.or([eb('person_id', '=', person), eb('made_by', '=', person)]))
    .where('state', 'in', ['open', 'compare'])
    .execute()
}

/** Whether a person of the tenant may come in; codes for others are not made. */
export async function isActivePerson(tenant: Tenant, handle: Handle, id: string): Promise<boolean> {
  const row = await handle
    .selectFrom('castellan.people')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** Notes an attempt at a code. */
export async function saveAttempt(
  tenant: Tenant,
  handle: Handle,
  attempt: { at: Date; sender: Buffer; way: string; outcome: string },
): Promise<void> {
  await handle
    .insertInto('castellan.pairing_attempts')
    .values({ tenant_id: tenant, ...attempt })
    .execute()
}

/** Forgets attempts, pairings and nonces that ended before `before`. */
export async function prune(tenant: Tenant, handle: Handle, before: Date): Promise<void> {
  await sql`delete from castellan.pairing_attempts where tenant_id = ${tenant}::uuid and at < ${before}`.execute(
    handle,
  )
  await sql`delete from castellan.pairings where tenant_id = ${tenant}::uuid and expires_at < ${before}`.execute(
    handle,
  )
}
