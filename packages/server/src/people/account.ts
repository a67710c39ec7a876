/** One's own account: name, password, and where one is signed in. */
import { type Account, CastellanError } from '@castellan/contracts'
import { homeOwner } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import { hashPassword } from '../identity/index.ts'
import { requireGoodPassword } from './choose.ts'
import { loadTenantName } from './invitation-store.ts'
import * as store from './store.ts'
import type { PeopleOptions } from './types.ts'

/** The account of whoever asks. */
export async function accountOf(
  { database, home, instance, now, sendMail }: PeopleOptions,
  who: Identity,
): Promise<Account> {
  const { tenant, person } = who
  const handle = database.as(tenant)
  const row = (await store.loadPeople(tenant, handle)).find(({ id }) => id === person)
  if (row === undefined) throw new CastellanError('not_found', 'This account is gone.')
  const pending = await store.loadPendingEmail(tenant, handle, person, new Date(now()))
  const isHome = tenant === home
  return {
    ...{ id: row.id, role: row.role, name: row.name, email: row.email },
    email_verified: row.email_verified_at !== null,
    email_pending: pending?.email ?? null,
    own_password: person !== homeOwner,
    tenant: { name: isHome ? instance : await loadTenantName(tenant, handle), home: isHome },
    mail: sendMail !== undefined,
  }
}

/** Changes one's name. */
export async function rename(options: PeopleOptions, who: Identity, name: string): Promise<Account> {
  const { tenant, person, principal } = who
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      await store.savePerson(tenant, transaction, person, { name })
      await options.record(transaction, tenant, { kind: 'renamed', person, name }, principal)
    })
  return accountOf(options, who)
}

/** Changes one's password and ends one's other sessions. Needs a fresh factor; the house's owner has ADMIN_PASSWORD. */
export async function changePassword(options: PeopleOptions, who: Identity, password: string): Promise<void> {
  const { tenant, person, principal, sessionId } = who
  if (person === homeOwner)
    throw new CastellanError(
      'refused',
      'Your password is ADMIN_PASSWORD, which stands in the files of the house.',
      {
        hint: 'change it in .env.secrets and start Castellan again',
      },
    )
  await options.requireFresh(who)
  const account = await accountOf(options, who)
  requireGoodPassword(password, [account.name, account.email ?? '', account.tenant.name, options.instance])
  const hash = await hashPassword(password)
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      await store.savePerson(tenant, transaction, person, { password: hash })
      await store.voidLinks(
        tenant,
        transaction,
        person,
        ['recover', 'confirm_email'],
        new Date(options.now()),
      )
      await options.identity.sessions.endAll(transaction, who, { why: 'revoked', by: principal }, sessionId)
      await options.record(transaction, tenant, { kind: 'password_changed', person }, principal)
    })
}

/** Signs one out everywhere but here; gives back how many sessions that were. */
export async function endOthers({ database, identity }: PeopleOptions, who: Identity): Promise<number> {
  return database
    .as(who.tenant)
    .transaction()
    .execute((transaction) =>
      identity.sessions.endAll(transaction, who, { why: 'revoked', by: who.principal }, who.sessionId),
    )
}
