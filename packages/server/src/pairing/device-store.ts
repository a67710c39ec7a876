/** The SQL of devices and of the nonces they have signed. */
import { DeviceKey, type PersonRole } from '@castellan/contracts'
import { type Selectable, sql } from 'kysely'
import type { Handle, PersonId, Schema, Tenant } from '../database/index.ts'
import type { Candidate } from './types.ts'

type Row = Selectable<Schema['castellan.devices']>

/** Adds a device; false when its key was paired before, here or elsewhere. */
export async function saveDevice(
  tenant: Tenant,
  handle: Handle,
  device: Candidate & { readonly id: string; readonly person: PersonId; readonly at: Date },
): Promise<boolean> {
  const { id, person, name, kind, key, thumbprint, at } = device
  const row = await handle
    .insertInto('castellan.devices')
    .values({
      ...{ id, tenant_id: tenant, person_id: person, name, kind, thumbprint },
      ...{ public_key: JSON.stringify(key), paired_at: at },
    })
    .onConflict((conflict) => conflict.column('thumbprint').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Whether a key was paired on this instance, however long ago. */
export async function isKnownKey(handle: Handle, thumbprint: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select castellan.tenant_of_device_key(${thumbprint}) is not null as known`.execute(handle)
  return rows[0]?.known === true
}

/** A device that may act, and as whom. */
export interface LiveDevice {
  readonly id: string
  readonly person: PersonId
  readonly role: PersonRole
  readonly key: DeviceKey
  readonly thumbprint: string
  readonly lastSeenAt: Date | null
}

/** A device that is not revoked, of a person who is not disabled. */
export async function loadLive(tenant: Tenant, handle: Handle, id: string): Promise<LiveDevice | undefined> {
  const row = await handle
    .selectFrom('castellan.devices as d')
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.tenant_id', '=', 'd.tenant_id').onRef('p.id', '=', 'd.person_id'),
    )
    .select(['d.id', 'd.person_id', 'd.public_key', 'd.thumbprint', 'd.last_seen_at', 'p.role'])
    .where('d.tenant_id', '=', tenant)
    .where('d.id', '=', id)
    .where('d.revoked_at', 'is', null)
    .where('p.disabled_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { person_id, public_key, thumbprint, last_seen_at, role } = row
  const key = DeviceKey.parse(public_key)
  return { id, person: person_id as PersonId, role, key, thumbprint, lastSeenAt: last_seen_at }
}

/** A person's devices, newest first. */
export async function loadDevices(tenant: Tenant, handle: Handle, person: PersonId): Promise<Row[]> {
  return handle
    .selectFrom('castellan.devices')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('revoked_at', 'is', null)
    .orderBy('paired_at', 'desc')
    .orderBy('id')
    .execute()
}

/** Renames or revokes one of a person's devices; undefined when there is none. */
export async function changeDevice(
  tenant: Tenant,
  handle: Handle,
  device: { id: string; person: PersonId },
  change: { name: string } | { revoked_at: Date },
): Promise<Row | undefined> {
  return handle
    .updateTable('castellan.devices')
    .set(change)
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', device.person)
    .where('id', '=', device.id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}

/** Revokes all devices of a person; how many there were. */
export async function revokeAll(
  tenant: Tenant,
  handle: Handle,
  person: PersonId,
  at: Date,
): Promise<readonly string[]> {
  const rows = await handle
    .updateTable('castellan.devices')
    .set({ revoked_at: at })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** Notes that a device was used, from where. */
export async function saveSeen(
  tenant: Tenant,
  handle: Handle,
  id: string,
  seen: { at: Date; address: string },
): Promise<void> {
  await handle
    .updateTable('castellan.devices')
    .set({ last_seen_at: seen.at, last_address: seen.address })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .execute()
}

/** Uses a nonce up; of two who come with it at once, one gets true. Forgets those that ran out. */
export async function spendNonce(
  tenant: Tenant,
  handle: Handle,
  nonce: { hash: Buffer; expiresAt: Date; now: Date },
): Promise<boolean> {
  await sql`delete from castellan.device_nonces where tenant_id = ${tenant}::uuid and expires_at < ${nonce.now}`.execute(
    handle,
  )
  const row = await handle
    .insertInto('castellan.device_nonces')
    .values({ tenant_id: tenant, nonce_hash: nonce.hash, expires_at: nonce.expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('nonce_hash')
    .executeTakeFirst()
  return row !== undefined
}
