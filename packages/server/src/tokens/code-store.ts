/** The SQL of authorization codes, and of what nobody needs any more. Times come from the caller. */
import type { PersonRole, Scope } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, PersonId, Tenant } from '../database/index.ts'

/** What somebody agreed to, until the app fetches it. */
export interface Code {
  readonly hash: Buffer
  readonly person: PersonId
  readonly client: string
  readonly redirectUri: string
  /** S256 of the verifier (RFC 7636). */
  readonly challenge: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** The tenant of an exact hash. */
export async function tenantOfCode(handle: Handle, hash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_authorization_code(${hash}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** Stores a code. */
export async function saveCode(tenant: Tenant, handle: Handle, code: Code): Promise<void> {
  await handle
    .insertInto('castellan.authorization_codes')
    .values({
      code_hash: code.hash,
      tenant_id: tenant,
      person_id: code.person,
      client_id: code.client,
      redirect_uri: code.redirectUri,
      challenge: code.challenge,
      scopes: [...code.scopes],
      created_at: code.createdAt,
      expires_at: code.expiresAt,
    })
    .execute()
}

/** A code as it is found, used or not. */
export interface FoundCode extends Code {
  readonly usedAt: Date | null
  readonly family: string | null
  readonly role: PersonRole
  readonly disabled: boolean
}

/** A code, locked: of two who come with it at once the second sees what the first did.  */
export async function lockCode(tenant: Tenant, handle: Handle, hash: Buffer): Promise<FoundCode | undefined> {
  const row = await handle
    .selectFrom('castellan.authorization_codes as c')
    .innerJoin('castellan.people as p', (join) =>
      join.onRef('p.id', '=', 'c.person_id').onRef('p.tenant_id', '=', 'c.tenant_id'),
    )
    .selectAll('c')
    .select(['p.role', 'p.disabled_at'])
    .where('c.tenant_id', '=', tenant)
    .where('c.code_hash', '=', hash)
    .forUpdate('c')
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    hash,
    person: row.person_id as PersonId,
    client: row.client_id,
    redirectUri: row.redirect_uri,
    challenge: row.challenge,
    scopes: row.scopes as Scope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    family: row.family_id,
    role: row.role,
    disabled: row.disabled_at !== null,
  }
}

/** Uses a code up, for a family or for nothing. */
export async function useCode(
  tenant: Tenant,
  handle: Handle,
  hash: Buffer,
  use: { at: Date; family: string | null },
): Promise<void> {
  await handle
    .updateTable('castellan.authorization_codes')
    .set({ used_at: use.at, family_id: use.family })
    .where('tenant_id', '=', tenant)
    .where('code_hash', '=', hash)
    .execute()
}

/** Removes the codes of a person that nobody has shown yet; one that is just being exchanged is waited for. */
export async function voidCodes(tenant: Tenant, handle: Handle, person: PersonId): Promise<void> {
  await handle
    .deleteFrom('castellan.authorization_codes')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .where('used_at', 'is', null)
    .execute()
}

/** Removes what ended before a time: families with their tokens, codes, personal tokens. */
export async function prune(tenant: Tenant, handle: Handle, before: Date): Promise<void> {
  await handle
    .deleteFrom('castellan.token_families')
    .where('tenant_id', '=', tenant)
    .where((eb) => eb.or([eb('expires_at', '<', before), eb('ended_at', '<', before)]))
    .execute()
  await handle
    .deleteFrom('castellan.authorization_codes')
    .where('tenant_id', '=', tenant)
    .where('expires_at', '<', before)
    .execute()
  await handle
    .deleteFrom('castellan.personal_tokens')
    .where('tenant_id', '=', tenant)
    .where((eb) => eb.or([eb('expires_at', '<', before), eb('revoked_at', '<', before)]))
    .execute()
}
