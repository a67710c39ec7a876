/** Connected accounts: whose one is, and what a verdict changes. Each change is one transaction of that person's tenant. */
import { randomUUID } from 'node:crypto'
import { type Handle, homeTenant, type Tenant } from '../database/index.ts'
import { principalOf } from '../http/env.ts'
import type { Client } from './client.ts'
import { type Account, loadAccount, saveAccount, saveUsed, tenantOfAccount } from './store.ts'
import type { Entered, KnownPerson, Profile, ProvidersOptions, Visitor } from './types.ts'

/** An account and the person it signs in. */
export interface Owned {
  readonly account: Account
  readonly who: KnownPerson
}

interface Parts {
  readonly client: Client
  readonly profile: Profile
  readonly visitor: Visitor
}

/** Whose account this is; undefined while it is nobody's. */
export async function whoseAccount(
  { database, people }: ProvidersOptions,
  issuer: string,
  subject: string,
): Promise<Owned | undefined> {
  const tenant = await tenantOfAccount(database.as(homeTenant), issuer, subject)
  if (tenant === undefined) return undefined
  const handle = database.as(tenant)
  const account = await loadAccount(tenant, handle, { issuer, subject })
  const who = account === undefined ? undefined : await people.load(tenant, handle, account.person)
  return account === undefined || who === undefined ? undefined : { account, who }
}

/** Lets the person of a connected account in; undefined when it was disconnected meanwhile. */
export function enter(
  options: ProvidersOptions,
  { client, visitor }: Parts,
  { account, who }: Owned,
): Promise<Entered | undefined> {
  return inTenant(options, who.tenant, async (transaction) => {
    if (!(await saveUsed(who.tenant, transaction, account, new Date(options.now())))) return undefined
    return options.enter(transaction, who, `provider:${client.provider.name}`, visitor)
  })
}

/** Connects an account to the person whose address it bears, tells them, and lets them in. */
export function adopt(
  options: ProvidersOptions,
  parts: Parts,
  who: KnownPerson,
): Promise<Entered | undefined> {
  return inTenant(options, who.tenant, async (transaction) => {
    if (!(await store(options, transaction, parts, who, 'address'))) return undefined
    await options.tell(transaction, who, {
      kind: 'providers.connected',
      sentence: `An account of ${parts.client.provider.title} now signs in as you, because it bears your confirmed address. If that was not you, disconnect it.`,
      facts: { account: labelOf(parts.profile), address: parts.visitor.address },
    })
    return options.enter(transaction, who, `provider:${parts.client.provider.name}`, parts.visitor)
  })
}

/** Makes a new member of the house out of an account, and lets them in; undefined when the address is somebody's. */
export function join(options: ProvidersOptions, parts: Parts): Promise<Entered | undefined> {
  const { profile } = parts
  return inTenant(options, homeTenant, async (transaction) => {
    const name = profile.name ?? profile.email ?? 'Somebody'
    const who = await options.people.join(transaction, {
      name,
      email: profile.emailVerified ? profile.email : null,
    })
    if (who === undefined || !(await store(options, transaction, parts, who, 'joined'))) return undefined
    return options.enter(transaction, who, `provider:${parts.client.provider.name}`, parts.visitor)
  })
}

/** Connects an account for somebody who is signed in; false when it is somebody else's. */
export function connect(
  options: ProvidersOptions,
  parts: Omit<Parts, 'visitor'>,
  who: Pick<KnownPerson, 'tenant' | 'person' | 'role'>,
): Promise<boolean> {
  return inTenant(options, who.tenant, (transaction) => store(options, transaction, parts, who, 'asked'))
}

async function store(
  options: ProvidersOptions,
  transaction: Handle,
  { client, profile }: Omit<Parts, 'visitor'>,
  who: Pick<KnownPerson, 'tenant' | 'person' | 'role'>,
  why: 'asked' | 'address' | 'joined',
): Promise<boolean> {
  const { tenant, person, role } = who
  const provider = client.provider.name
  const stored = await saveAccount(tenant, transaction, {
    ...{ id: randomUUID(), person, issuer: client.issuer, subject: profile.subject, provider },
    ...{ label: labelOf(profile), connectedAt: new Date(options.now()) },
  })
  if (stored)
    await options.record(
      transaction,
      tenant,
      'identity.account_connected',
      { person, provider, why },
      principalOf(person, role),
    )
  return stored
}

/** What a person knows an account by. */
function labelOf({ email, name, subject }: Profile): string {
  return email ?? name ?? subject
}

/** Runs in one transaction; what gives undefined undoes what it did before. */
async function inTenant<T>(
  { database }: ProvidersOptions,
  tenant: Tenant,
  work: (transaction: Handle) => Promise<T>,
): Promise<T> {
  const nothing = Symbol('nothing')
  try {
    return await database
      .as(tenant)
      .transaction()
      .execute(async (transaction) => {
        const result = await work(transaction)
        if (result === undefined) throw nothing
        return result
      })
  } catch (thrown) {
    if (thrown === nothing) return undefined as T
    throw thrown
  }
}
