/** The accounts of one person: what is connected, and taking one away. */
import { CastellanError, type ConnectionList, type ProviderButton } from '@castellan/contracts'
import { type Handle, homeTenant } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import { catalogue } from './catalogue.ts'
import { deleteAccount, deleteAccounts, loadAccounts, loadProviders } from './store.ts'
import type { ProvidersOptions, StoredProvider } from './types.ts'

/** What the sign-in page offers. */
export async function offered(
  options: Pick<ProvidersOptions, 'database' | 'rows'>,
): Promise<ProviderButton[]> {
  return (await enabled(options)).map(({ name, title }) => ({ name, title }))
}

/** The asker's accounts, and what they could connect besides. */
export async function connectionsOf(
  options: ProvidersOptions,
  { tenant, person }: Identity,
): Promise<ConnectionList> {
  const providers = await enabled(options)
  const accounts = await loadAccounts(tenant, options.database.as(tenant), person)
  return {
    connections: accounts.map(({ id, provider, label, connectedAt, lastUsedAt }) => ({
      ...{ id, provider, label },
      title: providers.find(({ name }) => name === provider)?.title ?? provider,
      connected_at: connectedAt.toISOString(),
      last_used_at: lastUsedAt?.toISOString() ?? null,
    })),
    available: providers.map(({ name, title }) => ({ name, title })),
  }
}

/** Takes one away. Rejects with `not_found`, or `conflict` when it is the person's only way in. */
export async function disconnect(options: ProvidersOptions, who: Identity, id: string): Promise<void> {
  const { tenant, person, principal } = who
  const usable = new Set((await enabled(options)).map(({ name }) => name))
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      // Held until the end, so that two who take away one of two each do not leave none.
      await options.people.lock(tenant, transaction, person)
      const removed = await deleteAccount(tenant, transaction, { id, person })
      if (removed === undefined) throw new CastellanError('not_found', 'No such account is connected to you.')
      const others = await loadAccounts(tenant, transaction, person)
      const isOtherLeft = others.some(({ provider }) => usable.has(provider))
      if (!isOtherLeft && !(await options.people.hasOtherWay(tenant, transaction, person))) throw onlyWayIn()
      const facts = { person, provider: removed.provider }
      await options.record(transaction, tenant, 'identity.account_disconnected', facts, principal)
    })
}

/**
 * Ends what accounts elsewhere open, when a person's account is closed or taken back from somebody: whoever had it may have
 * connected one of their own. A person who has nothing else keeps theirs; they could not come back.
 */
export async function endAccess(
  { people, record }: Pick<ProvidersOptions, 'people' | 'record'>,
  transaction: Handle,
  { tenant, person }: Who,
): Promise<void> {
  if (!(await people.hasOtherWay(tenant, transaction, person))) return
  const ended = await deleteAccounts(tenant, transaction, person)
  if (ended > 0)
    await record(transaction, tenant, 'identity.accounts_disconnected', { person, ended }, 'owner')
}

async function enabled({
  database,
  rows = catalogue,
}: Pick<ProvidersOptions, 'database' | 'rows'>): Promise<StoredProvider[]> {
  const providers = await loadProviders(homeTenant, database.as(homeTenant))
  return providers.filter((each) => each.enabled && rows.some(({ kind }) => kind === each.kind))
}

function onlyWayIn(): CastellanError {
  return new CastellanError('conflict', 'This is your only way to sign in, so it stays connected.', {
    hint: 'Set a password or a passkey first.',
  })
}
