/** Setting providers up: what the owner may say and what it becomes. The secret goes to the vault and to that issuer alone. */
import { CastellanError, type NewProvider, type ProviderPatch, type ProviderView } from '@castellan/contracts'
import type * as z from 'zod'
import { type Handle, homeTenant } from '../database/index.ts'
import { catalogue } from './catalogue.ts'
import { checkCandidate } from './checks.ts'
import { redirectUriOf, secretName } from './configured.ts'
import { countAccounts, deleteProvider, loadProvider, loadProviders, saveProvider } from './store.ts'
import type { ProvidersOptions, StoredProvider } from './types.ts'

type New = z.output<typeof NewProvider>
type Patch = z.output<typeof ProviderPatch>
type Candidate = Omit<StoredProvider, 'createdAt'>

/** All that are set up, by title. */
export async function listProviders(options: ProvidersOptions): Promise<ProviderView[]> {
  const handle = options.database.as(homeTenant)
  const providers = await loadProviders(homeTenant, handle)
  const counts = await countAccounts(homeTenant, handle)
  return Promise.all(providers.map((each) => view(options, each, counts.get(each.name) ?? 0)))
}

/** Adds one. Rejects with `bad_request`, or `conflict` for a name that is taken. */
export async function addProvider(options: ProvidersOptions, given: New): Promise<ProviderView> {
  const { rows = catalogue } = options
  const { client_id: clientId, client_secret: secret, ...rest } = given
  const title = given.title ?? rows.find(({ kind }) => kind === given.kind)?.title ?? given.name
  const candidate = await checkCandidate(rows, { ...rest, title, clientId }, secret)
  return save(options, candidate, { how: 'add', secret })
}

/** Changes one. Rejects with `not_found`, or `bad_request`: where the secret goes does not change without it. */
export async function changeProvider(
  options: ProvidersOptions,
  name: string,
  change: Patch,
): Promise<ProviderView> {
  const { rows = catalogue } = options
  const old = await existing(options, name)
  const { client_id, client_secret: secret, title, fields, enabled, join, domains } = change
  const wanted = {
    ...{ name, kind: old.kind, title: title ?? old.title, clientId: client_id ?? old.clientId },
    ...{ fields: fields ?? old.fields, enabled: enabled ?? old.enabled },
    ...{ join: join ?? old.join, domains: domains ?? old.domains },
  }
  const candidate = await checkCandidate(rows, wanted, secret)
  if (secret === undefined && JSON.stringify(candidate.fields) !== JSON.stringify(old.fields))
    throw new CastellanError(
      'bad_request',
      'What was changed needs the client secret again; the old one was not sent anywhere.',
      { hint: 'Give the secret together with the change.' },
    )
  return save(options, candidate, { how: 'replace', secret })
}

/** Forgets one and its secret; connected accounts stay, and sign in again when it is set up again. */
export async function removeProvider(options: ProvidersOptions, name: string): Promise<void> {
  await existing(options, name)
  await options.secrets.unset(homeTenant, secretName(name))
  await inTransaction(options, async (transaction) => {
    if (!(await deleteProvider(homeTenant, transaction, name))) throw unknownProvider()
    await options.record(transaction, homeTenant, 'identity.provider_removed', { provider: name }, 'owner')
  })
}

/** The stored provider; rejects with `not_found`. */
export async function existing(options: ProvidersOptions, name: string): Promise<StoredProvider> {
  const found = await loadProvider(homeTenant, options.database.as(homeTenant), name)
  if (found === undefined) throw unknownProvider()
  return found
}

/** Takes the old secret away first: at no moment may a secret meet an issuer that it was not given for. */
async function save(
  options: ProvidersOptions,
  candidate: Candidate,
  { how, secret }: { how: 'add' | 'replace'; secret: string | undefined },
): Promise<ProviderView> {
  const { name, kind, enabled, join } = candidate
  const what = how === 'add' ? 'identity.provider_added' : 'identity.provider_changed'
  const facts = {
    provider: name,
    kind,
    client: candidate.clientId,
    enabled,
    join,
    secret: secret !== undefined,
  }
  await inTransaction(options, async (transaction) => {
    if (!(await saveProvider(homeTenant, transaction, { ...candidate, enabled: false }, how)))
      throw nameTaken(name)
    await options.record(transaction, homeTenant, what, facts, 'owner')
  })
  if (secret !== undefined) {
    await options.secrets.unset(homeTenant, secretName(name))
    await options.secrets.set(homeTenant, secretName(name), 'other', secret)
  }
  // Only now that issuer and secret belong together may anybody sign in by them.
  await saveProvider(homeTenant, options.database.as(homeTenant), candidate, 'replace')
  return view(options, await existing(options, name), 0)
}

async function view(
  { secrets, origins }: ProvidersOptions,
  provider: StoredProvider,
  accounts: number,
): Promise<ProviderView> {
  const { name, kind, title, clientId, enabled, join } = provider
  return {
    ...{ name, kind, title, client_id: clientId, enabled, join, accounts },
    fields: { ...provider.fields },
    domains: [...provider.domains],
    has_secret: await secrets.has(homeTenant, secretName(name)),
    redirect_urls: origins.map((origin) => redirectUriOf(origin, name)),
  }
}

function inTransaction<T>({ database }: ProvidersOptions, work: (handle: Handle) => Promise<T>): Promise<T> {
  return database.as(homeTenant).transaction().execute(work)
}

function unknownProvider(): CastellanError {
  return new CastellanError('not_found', 'There is no provider of that name.')
}

function nameTaken(name: string): CastellanError {
  return new CastellanError('conflict', `A provider named ${name} is set up already; it was not changed.`, {
    hint: 'Choose another name, or change that one.',
  })
}
