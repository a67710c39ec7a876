/**
 * A new password for who forgot theirs. A link goes to the mailbox that was proved to be theirs, beside the request and
 * never to the address that was typed; it sets a password and signs nobody in, and a second factor is still demanded. The
 * owner of the house is not recovered by mail: `castellan open` on the machine does that.
 */
import type { FinishRecovery } from '@castellan/contracts'
import type * as z from 'zod'
import { raise } from '../alerts/index.ts'
import { type Handle, homeOwner, type PersonId, type Tenant } from '../database/index.ts'
import { type Identity, type Principal, principalOf, type Who } from '../http/env.ts'
import { emailKey, hashOfToken, hashPassword, newToken } from '../identity/index.ts'
import { requireGoodPassword } from './choose.ts'
import { lockMember } from './email-change.ts'
import { spent, withGuess } from './guesses.ts'
import { loadTenantName } from './invitation-store.ts'
import { recoveredLetter, recoveryLetter } from './letters.ts'
import { endAll } from './people.ts'
import type { Post } from './post.ts'
import * as store from './store.ts'
import type { PeopleOptions } from './types.ts'

const validMs = 30 * 60_000
/** After a change of address the new one recovers nothing for as long as the old one can take it back. */
const settledMs = 72 * 3_600_000
/** Letters to one mailbox: three at once, then one per ten minutes. */
const perMailbox = { perMinute: 0.1, burst: 2 } as const

/** Sends a link to whoever has an address, if somebody has; gives back nothing at all and takes no time for it. */
export function askForRecovery(options: PeopleOptions, post: Post, email: string): void {
  post.later(async () => {
    const key = emailKey(email)
    if (key === undefined || options.sendMail === undefined) return
    const { database, home, limiter } = options
    const found = await store.findByEmail(database.as(home), key, (tenant) => database.as(tenant))
    if (found === undefined || found.id === homeOwner) return
    if ((await limiter.take('recover', found.id, perMailbox)) > 0) return
    const made = await makeLink(options, found)
    if (made === undefined) return
    post.send(recoveryLetter(options.instance, made.email, `${options.url}/recover#${made.token}`))
  })
}

async function makeLink(
  { database, now, record }: PeopleOptions,
  { tenant, id }: { tenant: Tenant; id: PersonId },
) {
  const at = new Date(now())
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = await store.lockPerson(tenant, transaction, id)
      if (row?.email == null || row.disabled_at !== null || row.email_verified_at === null) return undefined
      const changedAt = row.email_changed_at?.getTime() ?? 0
      if (at.getTime() - changedAt < settledMs) return undefined
      const token = await saveRecovery(tenant, transaction, { person: id, at, handed: false })
      await record(transaction, tenant, { kind: 'recovery_asked', person: id }, principalOf(id, row.role))
      return { token, email: row.email }
    })
}

async function saveRecovery(
  tenant: Tenant,
  transaction: Handle,
  { person, at, handed }: { person: PersonId; at: Date; handed: boolean },
): Promise<string> {
  const token = newToken(128)
  await store.pruneLinks(tenant, transaction, new Date(at.getTime() - settledMs))
  await store.voidLinks(tenant, transaction, person, ['recover'], at)
  const expiresAt = new Date(at.getTime() + validMs)
  const link = { tokenHash: hashOfToken(token), person, kind: 'recover', handed, at, expiresAt } as const
  await store.saveLink(tenant, transaction, link)
  return token
}

/** A link for a member who has no mailbox here, for the owner of their tenant to hand over. Needs a fresh factor. */
export async function handRecovery(options: PeopleOptions, who: Identity, id: string): Promise<string> {
  await options.requireFresh(who)
  const { tenant, principal } = who
  return options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const { id: person } = await lockMember(tenant, transaction, id)
      return makeHanded(options, transaction, { tenant, person }, principal)
    })
}

/** Makes and records a link that somebody hands to a person; the caller has checked who asks. */
export async function makeHanded(
  { now, record, url }: PeopleOptions,
  transaction: Handle,
  { tenant, person }: Who,
  by: Principal | 'system',
): Promise<string> {
  const token = await saveRecovery(tenant, transaction, { person, at: new Date(now()), handed: true })
  await record(transaction, tenant, { kind: 'recovery_handed', person }, by)
  return `${url}/recover#${token}`
}

/** Sets the new password: ends all sessions and tokens, tells the person, and signs nobody in. */
export async function finishRecovery(
  options: PeopleOptions,
  post: Post,
  { token, password, code }: z.output<typeof FinishRecovery>,
  address: string,
): Promise<void> {
  const tokenHash = hashOfToken(token)
  const { tenant, person, row, house } = await withGuess(options, address, () => open(options, tokenHash))
  requireGoodPassword(password, [row.name, row.email ?? '', house, options.instance])
  await options.checkSecond?.({ tenant, person }, { code, address })
  const hash = await hashPassword(password)
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const at = new Date(options.now())
      const link = await store.spendLink(tenant, transaction, { tokenHash, kind: 'recover' }, at)
      if (link === undefined) throw spent('link')
      await store.savePerson(tenant, transaction, person, { password: hash })
      await store.voidLinks(tenant, transaction, person, ['recover', 'confirm_email'], at)
      const principal = principalOf(person, row.role)
      await endAll(options, transaction, { tenant, person }, { principal }, 'recovered')
      await options.record(transaction, tenant, { kind: 'recovered', person }, principal)
      const sentence = 'A password was replaced by way of a link. If that was not you, close the account.'
      const alert = { kind: 'account.recovered', sentence, facts: { name: row.name, address } } as const
      await raise(transaction, tenant, alert, person)
      if (row.role !== 'owner') await raise(transaction, tenant, alert, null)
    })
  if (row.email !== null) post.send(recoveredLetter(options.instance, row.email))
}

async function open({ database, home, now }: PeopleOptions, tokenHash: Buffer) {
  const tenant = await store.findLinkTenant(database.as(home), tokenHash)
  if (tenant === undefined) throw spent('link')
  const handle = database.as(tenant)
  const link = await store.loadLink(tenant, handle, { tokenHash, kind: 'recover' }, new Date(now()))
  const people = link === undefined ? [] : await store.loadPeople(tenant, handle)
  const row = people.find(({ id }) => id === link?.person)
  if (link === undefined || row === undefined || row.disabled_at !== null) throw spent('link')
  return { tenant, person: link.person, row, house: await loadTenantName(tenant, handle) }
}
