/**
 * Changing one's e-mail address so that it cannot be used to take an account over: the new mailbox confirms it, and the old
 * one is told with a link that puts it back for 72 hours, whatever happened in between. Without a way to send mail the
 * owner hands a member the link, and the address counts as unproved.
 */
import { CastellanError } from '@castellan/contracts'
import { raise } from '../alerts/index.ts'
import type { Handle, Tenant } from '../database/index.ts'
import { type Identity, principalOf } from '../http/env.ts'
import { hashOfToken, newToken } from '../identity/index.ts'
import { spent, withGuess } from './guesses.ts'
import { emailTaken, requireEmail } from './invitations.ts'
import { changingLetter, confirmLetter } from './letters.ts'
import { endAll } from './people.ts'
import type { Post } from './post.ts'
import * as store from './store.ts'
import type { PeopleOptions } from './types.ts'

const confirmMs = 24 * 3_600_000
const cancelMs = 72 * 3_600_000
/** Letters to strangers that one person may cause: five at once, then one per ten minutes. */
const perPerson = { perMinute: 0.1, burst: 4 } as const

/**
 * Asks for another address. Needs a fresh factor. Says nothing of whether somebody has it: that is found when the new
 * mailbox has confirmed it.
 */
export async function askForEmail(
  options: PeopleOptions,
  post: Post,
  who: Identity,
  email: string,
): Promise<void> {
  await options.requireFresh(who)
  const { tenant, person, principal } = who
  const key = requireEmail(email)
  await limitAsking(options, person)
  const tokens = { confirm: newToken(128), cancel: newToken(128) }
  const at = new Date(options.now())
  const old = await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = await store.lockPerson(tenant, transaction, person)
      if (row === undefined) throw new CastellanError('not_found', 'This account is gone.')
      await store.voidLinks(tenant, transaction, person, ['confirm_email'], at)
      const link = { person, kind: 'confirm_email', email, emailKey: key, at } as const
      const expiresAt = new Date(at.getTime() + confirmMs)
      await store.saveLink(tenant, transaction, {
        ...link,
        tokenHash: hashOfToken(tokens.confirm),
        expiresAt,
      })
      const tells = row.email !== null && row.email_key !== key
      if (tells) {
        const back = { person, kind: 'cancel_email', email: row.email, emailKey: row.email_key, at } as const
        const until = new Date(at.getTime() + cancelMs)
        await store.saveLink(tenant, transaction, {
          ...{ ...back, tokenHash: hashOfToken(tokens.cancel), expiresAt: until },
        })
      }
      await options.record(transaction, tenant, { kind: 'email_asked', person }, principal)
      return tells ? row.email : null
    })
  const { instance: house, url } = options
  post.send(confirmLetter(house, email, `${url}/email#confirm.${tokens.confirm}`))
  if (old !== null) post.send(changingLetter(house, old, `${url}/email#cancel.${tokens.cancel}`))
}

async function limitAsking({ limiter }: PeopleOptions, person: string): Promise<void> {
  const waitMs = await limiter.take('email', person, perPerson)
  if (waitMs === 0) return
  const details = { retryAfterMs: waitMs }
  throw new CastellanError(
    'too_many_attempts',
    'You asked for other addresses too often. Wait a while; nothing was changed.',
    { details },
  )
}

/** Puts the new address in force; gives it back. */
export async function confirmEmail(options: PeopleOptions, token: string, address: string): Promise<string> {
  return withGuess(options, address, () =>
    withLink(options, { token, kind: 'confirm_email' }, async (transaction, tenant, { row, link, at }) => {
      const { id: person, role, email_key } = row
      const { email, email_key: key, handed } = link
      if (email === null || key === null) throw spent('link')
      // One's own old address is kept for oneself alone.
      const isOwn =
        email_key === key || (await store.mayTakeBack(tenant, transaction, { person, key, now: at }))
      if (!isOwn && (await store.isEmailTaken(transaction, key))) throw emailTaken()
      await store.savePerson(tenant, transaction, person, {
        ...{ email, email_key: key, email_verified_at: handed ? null : at },
        ...(email_key === key ? {} : { email_changed_at: at }),
      })
      // Who had the old mailbox has no more links to it.
      await store.voidLinks(tenant, transaction, person, ['confirm_email', 'recover'], at)
      const principal = principalOf(person, role)
      await options.record(transaction, tenant, { kind: 'email_changed', person }, principal)
      return email
    }).catch(takenMeanwhile),
  )
}

/** Of two who confirm one address at once, the database refuses the second. */
function takenMeanwhile(error: unknown): never {
  throw error instanceof Error && 'code' in error && error.code === '23505' ? emailTaken() : error
}

/**
 * Puts the old address back and signs everybody out; gives the address back. Those it was moved to since take nothing back
 * any more, and while one from before may, the address counts as changed.
 */
export async function takeEmailBack(options: PeopleOptions, token: string, address: string): Promise<string> {
  return withGuess(options, address, () =>
    withLink(options, { token, kind: 'cancel_email' }, async (transaction, tenant, { row, link, at }) => {
      const { id: person, role } = row
      const { email, email_key: key } = link
      if (email === null || key === null) throw spent('link')
      await store.voidLinks(tenant, transaction, person, ['confirm_email', 'recover'], at)
      await store.voidLinks(tenant, transaction, person, ['cancel_email'], at, link.created_at)
      const isFirst = !(await store.mayTakeBack(tenant, transaction, { person, now: at }))
      const change = { email, email_key: key, email_verified_at: at }
      await store.savePerson(tenant, transaction, person, {
        ...change,
        ...(isFirst ? { email_changed_at: null } : {}),
      })
      const principal = principalOf(person, role)
      await endAll(options, transaction, { tenant, person }, { principal }, 'email_taken_back')
      await options.record(transaction, tenant, { kind: 'email_taken_back', person }, principal)
      const sentence =
        'Somebody who reads the old mailbox took a change of e-mail address back. Everybody who was signed in to that account was signed out.'
      await raise(
        transaction,
        tenant,
        { kind: 'account.email_taken_back', sentence, facts: { name: row.name } },
        person,
      )
      return email
    }),
  )
}

/** The link that confirms a waiting address, for the owner to hand over where the house sends no mail. Members only. */
export async function handConfirmation(options: PeopleOptions, who: Identity, id: string): Promise<string> {
  await options.requireFresh(who)
  if (options.sendMail !== undefined)
    throw new CastellanError(
      'refused',
      'This house sends mail: the link went to the new address and to nobody else.',
    )
  const { tenant } = who
  const token = newToken(128)
  const at = new Date(options.now())
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = await lockMember(tenant, transaction, id)
      const pending = await store.loadPendingEmail(tenant, transaction, row.id, at)
      if (pending === null) throw new CastellanError('not_found', 'No new address of this person waits.')
      const { email, key: emailKey } = pending
      await store.voidLinks(tenant, transaction, row.id, ['confirm_email'], at)
      const expiresAt = new Date(at.getTime() + confirmMs)
      const link = {
        person: row.id,
        kind: 'confirm_email',
        email,
        emailKey,
        handed: true,
        at,
        expiresAt,
      } as const
      await store.saveLink(tenant, transaction, { ...link, tokenHash: hashOfToken(token) })
      await options.record(transaction, tenant, { kind: 'email_asked', person: row.id }, who.principal)
    })
  return `${options.url}/email#confirm.${token}`
}

type Locked = NonNullable<Awaited<ReturnType<typeof store.lockPerson>>>
type Spent = NonNullable<Awaited<ReturnType<typeof store.spendLink>>>

/** Uses a link up in a transaction of whichever tenant it belongs to. */
async function withLink<T>(
  { database, home, now }: PeopleOptions,
  { token, kind }: { token: string; kind: 'confirm_email' | 'cancel_email' },
  work: (transaction: Handle, tenant: Tenant, found: { row: Locked; link: Spent; at: Date }) => Promise<T>,
): Promise<T> {
  const tokenHash = hashOfToken(token)
  const tenant = await store.findLinkTenant(database.as(home), tokenHash)
  if (tenant === undefined) throw spent('link')
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const at = new Date(now())
      const link = await store.spendLink(tenant, transaction, { tokenHash, kind }, at)
      const row = link && (await store.lockPerson(tenant, transaction, link.person_id as Locked['id']))
      if (link === undefined || row === undefined || row.disabled_at !== null) throw spent('link')
      return work(transaction, tenant, { row, link, at })
    })
}

/** Somebody of the tenant who is not its owner, locked. */
export async function lockMember(tenant: Tenant, transaction: Handle, id: string): Promise<Locked> {
  const row = await store.lockPerson(tenant, transaction, store.asPerson(id))
  if (row === undefined) throw new CastellanError('not_found', 'There is no such person here.')
  if (row.role === 'owner')
    throw new CastellanError('refused', 'Links are handed to members only. Nothing was changed.', {
      hint: 'the owner of the house signs in by `castellan open`',
    })
  return row
}
