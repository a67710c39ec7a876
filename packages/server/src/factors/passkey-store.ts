/** The SQL of passkeys. A passkey of somebody who is disabled is not there. */
import { sql } from 'kysely'
import type { Database, Handle, PersonId, Tenant } from '../database/index.ts'
import type { Who } from '../http/env.ts'

/** A passkey as the database knows it. */
export interface StoredPasskey {
  readonly id: string
  readonly person: PersonId
  readonly credentialId: Buffer
  readonly publicKey: Buffer
  readonly transports: readonly string[]
  readonly rpId: string
  readonly name: string
  readonly synced: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** Which tenant a credential belongs to; undefined for an unknown one. */
export async function findTenantOfPasskey(
  database: Database,
  home: Tenant,
  credentialId: Buffer,
): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_passkey(${credentialId}) as tenant`.execute(database.as(home))
  return rows[0]?.tenant ?? undefined
}

function passkeys(tenant: Tenant, handle: Handle) {
  return handle
    .selectFrom('castellan.passkeys as k')
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.tenant_id', '=', 'k.tenant_id').onRef('p.id', '=', 'k.person_id'),
    )
    .select([
      'k.id',
      'k.person_id',
      'k.credential_id',
      'k.public_key',
      'k.transports',
      'k.rp_id',
      'k.name',
      'k.synced',
      'k.created_at',
      'k.last_used_at',
    ])
    .where('k.tenant_id', '=', tenant)
    .where('p.disabled_at', 'is', null)
}

type Row = Awaited<ReturnType<ReturnType<typeof passkeys>['executeTakeFirstOrThrow']>>

const fromRow = (row: Row): StoredPasskey => ({
  id: row.id,
  person: row.person_id as PersonId,
  credentialId: row.credential_id,
  publicKey: row.public_key,
  transports: row.transports,
  rpId: row.rp_id,
  name: row.name,
  synced: row.synced,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
})

/** All passkeys of a person, oldest first. */
export async function loadPasskeys({ tenant, person }: Who, handle: Handle): Promise<StoredPasskey[]> {
  const rows = await passkeys(tenant, handle)
    .where('k.person_id', '=', person)
    .orderBy('k.created_at')
    .execute()
  return rows.map(fromRow)
}

/** The passkey of a credential; undefined for one that is unknown here. */
export async function loadPasskey(
  tenant: Tenant,
  handle: Handle,
  credentialId: Buffer,
): Promise<StoredPasskey | undefined> {
  const row = await passkeys(tenant, handle).where('k.credential_id', '=', credentialId).executeTakeFirst()
  return row && fromRow(row)
}

/** Stores a passkey; false when the credential is known already, whosever it is. */
export async function savePasskey(
  { tenant, person }: Who,
  handle: Handle,
  passkey: Omit<StoredPasskey, 'person' | 'lastUsedAt'> & { counter: number },
): Promise<boolean> {
  const saved = await handle
    .insertInto('castellan.passkeys')
    .values({
      id: passkey.id,
      tenant_id: tenant,
      person_id: person,
      credential_id: passkey.credentialId,
      public_key: passkey.publicKey,
      counter: passkey.counter,
      transports: [...passkey.transports],
      rp_id: passkey.rpId,
      name: passkey.name,
      synced: passkey.synced,
      created_at: passkey.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

/** Notes a use; false when the counter did not go on, as that of a copied key would not. Zero means: it has none. */
export async function saveUsed(
  tenant: Tenant,
  handle: Handle,
  id: string,
  used: { counter: number; synced: boolean; at: Date },
): Promise<boolean> {
  const saved = await handle
    .updateTable('castellan.passkeys')
    .set({ counter: used.counter, synced: used.synced, last_used_at: used.at })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where((where) =>
      where.or([
        where('counter', '<', String(used.counter)),
        where.and([where('counter', '=', '0'), where.val(used.counter === 0)]),
      ]),
    )
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

/** Renames one of a person's passkeys; false when there is none. */
export async function renamePasskey(
  { tenant, person }: Who,
  handle: Handle,
  id: string,
  name: string,
): Promise<boolean> {
  const renamed = await handle
    .updateTable('castellan.passkeys')
    .set({ name })
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return renamed !== undefined
}

/** Removes one of a person's passkeys; false when there is none. */
export async function deletePasskey({ tenant, person }: Who, handle: Handle, id: string): Promise<boolean> {
  const deleted = await handle
    .deleteFrom('castellan.passkeys')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return deleted !== undefined
}

/** Removes all passkeys of a person; gives back how many there were. */
export async function deleteAllPasskeys({ tenant, person }: Who, handle: Handle): Promise<number> {
  const deleted = await handle
    .deleteFrom('castellan.passkeys')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .returning('id')
    .execute()
  return deleted.length
}
