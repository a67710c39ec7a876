/** The SQL of providers, connected accounts and sign-ins on their way. */
import type { JoinRule } from '@castellan/contracts'
import { ProviderFields } from '@castellan/contracts'
import { sql } from 'kysely'
import { type Handle, homeTenant, type PersonId, type Tenant } from '../database/index.ts'
import type { StoredProvider } from './types.ts'

interface ProviderRowOfTable {
  readonly name: string
  readonly kind: string
  readonly title: string
  readonly client_id: string
  readonly fields: unknown
  readonly enabled: boolean
  readonly join_rule: JoinRule
  readonly domains: readonly string[]
  readonly created_at: Date
}

const columns = [
  'name',
  'kind',
  'title',
  'client_id',
  'fields',
  'enabled',
  'join_rule',
  'domains',
  'created_at',
] as const

const fromRow = (row: ProviderRowOfTable): StoredProvider => ({
  name: row.name,
  kind: row.kind,
  title: row.title,
  clientId: row.client_id,
  fields: ProviderFields.parse(row.fields),
  enabled: row.enabled,
  join: row.join_rule,
  domains: row.domains,
  createdAt: row.created_at,
})

/** All providers, by title. */
export async function loadProviders(tenant: Tenant, handle: Handle): Promise<StoredProvider[]> {
  const rows = await handle
    .selectFrom('castellan.providers')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .orderBy('title')
    .orderBy('name')
    .execute()
  return rows.map(fromRow)
}

/** One of them; undefined when there is none of that name. */
export async function loadProvider(
  tenant: Tenant,
  handle: Handle,
  name: string,
): Promise<StoredProvider | undefined> {
  const row = await handle
    .selectFrom('castellan.providers')
    .select(columns)
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

/** Adds one, or replaces it; false when `add` finds the name taken. */
export async function saveProvider(
  tenant: Tenant,
  handle: Handle,
  provider: Omit<StoredProvider, 'createdAt'>,
  how: 'add' | 'replace',
): Promise<boolean> {
  const { name, kind, title, clientId: client_id, enabled, join: join_rule } = provider
  const values = { kind, title, client_id, enabled, join_rule, fields: JSON.stringify(provider.fields) }
  const domains = [...provider.domains]
  const saved = await handle
    .insertInto('castellan.providers')
    .values({ tenant_id: tenant, name, ...values, domains })
    .onConflict((conflict) => {
      const on = conflict.columns(['tenant_id', 'name'])
      return how === 'add' ? on.doNothing() : on.doUpdateSet({ ...values, domains })
    })
    .returning('name')
    .executeTakeFirst()
  return saved !== undefined
}

/** Removes one; false when there was none. */
export async function deleteProvider(tenant: Tenant, handle: Handle, name: string): Promise<boolean> {
  const { numDeletedRows } = await handle
    .deleteFrom('castellan.providers')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** How many of the tenant's accounts each provider has. */
export async function countAccounts(tenant: Tenant, handle: Handle): Promise<ReadonlyMap<string, number>> {
  const rows = await handle
    .selectFrom('castellan.provider_accounts')
    .select(['provider', (e) => e.fn.countAll<string>().as('n')])
    .where('tenant_id', '=', tenant)
    .groupBy('provider')
    .execute()
  return new Map(rows.map(({ provider, n }) => [provider, Number(n)]))
}

/** A connected account. */
export interface Account {
  readonly id: string
  readonly person: PersonId
  readonly issuer: string
  readonly provider: string
  readonly label: string
  readonly connectedAt: Date
  readonly lastUsedAt: Date | null
}

const accountColumns = [
  'id',
  'person_id',
  'issuer',
  'provider',
  'label',
  'connected_at',
  'last_used_at',
] as const

const accounts = (tenant: Tenant, handle: Handle) =>
  handle.selectFrom('castellan.provider_accounts').select(accountColumns).where('tenant_id', '=', tenant)

type AccountRow = Awaited<ReturnType<ReturnType<typeof accounts>['execute']>>[number]

const accountFrom = (row: AccountRow): Account => ({
  id: row.id,
  person: row.person_id as PersonId,
  issuer: row.issuer,
  provider: row.provider,
  label: row.label,
  connectedAt: row.connected_at,
  lastUsedAt: row.last_used_at,
})

/** The tenant of whoever has connected exactly this account. */
export async function tenantOfAccount(
  handle: Handle,
  issuer: string,
  subject: string,
): Promise<Tenant | undefined> {
  const { rows } = await sql<{
    tenant: Tenant | null
  }>`select castellan.tenant_of_provider_account(${issuer}, ${subject}) as tenant`.execute(handle)
  return rows[0]?.tenant ?? undefined
}

/** The account of exactly this issuer and subject. */
export async function loadAccount(
  tenant: Tenant,
  handle: Handle,
  key: { issuer: string; subject: string },
): Promise<Account | undefined> {
  const row = await accounts(tenant, handle)
    .where('issuer', '=', key.issuer)
    .where('subject', '=', key.subject)
    .executeTakeFirst()
  return row === undefined ? undefined : accountFrom(row)
}

/** The accounts of one person, oldest first. */
export async function loadAccounts(tenant: Tenant, handle: Handle, person: PersonId): Promise<Account[]> {
  const rows = await accounts(tenant, handle)
    .where('person_id', '=', person)
    .orderBy('connected_at')
    .execute()
  return rows.map(accountFrom)
}

/** Connects an account; false when it is somebody's already, in whatever tenant. */
export async function saveAccount(
  tenant: Tenant,
  handle: Handle,
  account: Omit<Account, 'lastUsedAt'> & { readonly subject: string },
): Promise<boolean> {
  const { id, person, issuer, subject, provider, label, connectedAt } = account
  const saved = await handle
    .insertInto('castellan.provider_accounts')
    .values({
      ...{ id, tenant_id: tenant, person_id: person, issuer, subject, provider, label },
      connected_at: connectedAt,
    })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

/** Notes that an account signed in; false when it is not that person's any more. */
export async function saveUsed(
  tenant: Tenant,
  handle: Handle,
  account: Pick<Account, 'id' | 'person'>,
  at: Date,
): Promise<boolean> {
  const used = await handle
    .updateTable('castellan.provider_accounts')
    .set({ last_used_at: at })
    .where('tenant_id', '=', tenant)
    .where('id', '=', account.id)
    .where('person_id', '=', account.person)
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}

/** Disconnects one of a person's accounts; gives back which it was. */
export async function deleteAccount(
  tenant: Tenant,
  handle: Handle,
  which: { id: string; person: PersonId },
): Promise<{ provider: string; label: string } | undefined> {
  return handle
    .deleteFrom('castellan.provider_accounts')
    .where('tenant_id', '=', tenant)
    .where('id', '=', which.id)
    .where('person_id', '=', which.person)
    .returning(['provider', 'label'])
    .executeTakeFirst()
}

/** Disconnects all of a person's accounts; gives back how many there were. */
export async function deleteAccounts(tenant: Tenant, handle: Handle, person: PersonId): Promise<number> {
  const { numDeletedRows } = await handle
    .deleteFrom('castellan.provider_accounts')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** A sign-in on its way. */
export interface Attempt {
  readonly provider: string
  readonly redirectUri: string
  readonly returnTo: string
  /** Whose session connects an account; null for a sign-in. */
  readonly sessionId: string | null
}

/** Begins one, and clears away those that were never finished. */
export async function saveAttempt(
  handle: Handle,
  attempt: Attempt & { tokenHash: Buffer; at: Date; expiresAt: Date },
): Promise<void> {
  await handle.deleteFrom('castellan.provider_attempts').where('expires_at', '<', attempt.at).execute()
  await handle
    .insertInto('castellan.provider_attempts')
    .values({
      token_hash: attempt.tokenHash,
      tenant_id: homeTenant,
      provider: attempt.provider,
      redirect_uri: attempt.redirectUri,
      return_to: attempt.returnTo,
      session_id: attempt.sessionId,
      created_at: attempt.at,
      expires_at: attempt.expiresAt,
    })
    .execute()
}

/** Uses one up, whatever comes of it; of two who come at once one gets it. */
export async function spendAttempt(
  handle: Handle,
  tokenHash: Buffer,
  now: Date,
): Promise<Attempt | undefined> {
  const row = await handle
    .deleteFrom('castellan.provider_attempts')
    .where('tenant_id', '=', homeTenant)
    .where('token_hash', '=', tokenHash)
    .returning(['provider', 'redirect_uri', 'return_to', 'session_id', 'expires_at'])
    .executeTakeFirst()
  if (row === undefined || row.expires_at <= now) return undefined
  const { provider, redirect_uri: redirectUri, return_to: returnTo, session_id: sessionId } = row
  return { provider, redirectUri, returnTo, sessionId }
}
