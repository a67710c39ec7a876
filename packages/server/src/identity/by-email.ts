/**
 * Signing in by e-mail address and password. Whatever is wrong (no such address, a wrong password, a disabled person, one
 * without a password) takes the same time and is said in the same words; only the counts of failures tell, and those
 * count what nobody has just the same.
 */
import { CastellanError } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { Who } from '../http/env.ts'
import { limiterKey } from '../limits/index.ts'
import { emailKey } from './email.ts'
import { hashOfNobody, hashPassword, verifyPassword } from './hash.ts'
import { recordBlock, requirePassword, tooMany } from './password.ts'
import { loadPasswordHash, savePasswordHash } from './person.ts'
import type { IdentityOptions } from './types.ts'

/** An account may fail this many times as often as an address: more addresses than one have then tried. */
const accountShare = 4

/** Finds who has an address and a password, then runs `onRight` in a transaction of that person's tenant. */
export async function withEmail<T>(
  options: IdentityOptions,
  given: { readonly email: string; readonly password: string; readonly address: string },
  onRight: (transaction: Handle, who: Who) => Promise<T>,
): Promise<T> {
  requirePassword(options)
  const key = emailKey(given.email) ?? ''
  const { fail, settle } = await reserve(options, given.address, `email:${key}`)
  const found = await findByEmail(options, key)
  const { right, stale } = await verifyPassword(given.password, found?.hash ?? (await hashOfNobody()))
  if (found?.hash == null || !right || found.disabled) throw await fail()
  await settle()
  const who: Who = { tenant: found.tenant, person: found.person }
  const anew = stale ? await hashPassword(given.password) : undefined
  return options.database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      if (anew !== undefined) await savePasswordHash(who.tenant, transaction, who.person, anew)
      return onRight(transaction, who)
    })
}

/** Checks the password that a person has here, counted by address and by person; rejects as a sign-in does. */
export async function checkOwnPassword(
  options: IdentityOptions,
  who: Who,
  given: { readonly password: string; readonly address: string },
): Promise<void> {
  const { fail, settle } = await reserve(options, given.address, `person:${who.person}`)
  const found = await loadPasswordHash(who.tenant, options.database.as(who.tenant), { id: who.person })
  const { right } = await verifyPassword(given.password, found?.hash ?? (await hashOfNobody()))
  if (found?.hash == null || !right || found.disabled) throw await fail()
  await settle()
}

async function reserve(options: IdentityOptions, address: string, account: string) {
  const { limiter, limits } = options
  const { failures, blockMs } = limits()
  const rule = { failures, windowMs: blockMs, blockMs }
  const place = limiterKey(address)
  const byAddress = await limiter.reserve('password', place, rule)
  if ('blockedUntil' in byAddress) throw tooMany(byAddress.waitMs)
  const most = failures * accountShare
  const byAccount = await limiter.reserve('account', account, { ...rule, failures: most })
  if ('blockedUntil' in byAccount) throw tooMany(byAccount.waitMs)
  return {
    /** Writes down what this failure blocks, and gives back the refusal. */
    async fail() {
      if (byAddress.count >= failures) await recordBlock(options, place, byAddress.count, blockMs)
      if (byAccount.count >= most)
        await recordBlock(options, place, byAccount.count, blockMs, 'account_blocked')
      return wrong(Math.max(0, failures - byAddress.count))
    },
    async settle() {
      // One's own password says nothing of whose others were tried from here: those failures stay.
      await limiter.giveBack('password', place)
      await limiter.forgive('account', account)
    },
  }
}

async function findByEmail({ database, tenant: home }: IdentityOptions, key: string) {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_email(${key}) as tenant`.execute(database.as(home))
  const tenant = rows[0]?.tenant ?? home
  // Asked also for nobody: the same number of questions for every address.
  const found = await loadPasswordHash(tenant, database.as(tenant), { emailKey: key })
  return found === undefined ? undefined : { ...found, tenant, person: found.id satisfies PersonId }
}

function wrong(left: number): CastellanError {
  const rest = left === 0 ? 'This address is blocked now.' : `${left} more ${left === 1 ? 'try' : 'tries'}.`
  return new CastellanError('wrong_password', `The e-mail address or the password is wrong. ${rest}`, {
    hint: 'if you forgot the password, ask for a link on this page, or ask whoever invited you',
    details: { attemptsLeft: left },
  })
}
