/**
 * One-time codes and recovery codes of people. Each counts once; five wrong ones of a person, of whichever sort and from
 * wherever, lock both for 15 minutes. Secrets lie in the vault; codes are in no row, log or ledger.
 */
import { randomUUID } from 'node:crypto'
import { CastellanError, type TotpEnrolment } from '@castellan/contracts'
import type { Handle } from '../database/index.ts'
import type { Who } from '../http/env.ts'
import { loadPasskeys } from './passkey-store.ts'
import { calledBy } from './person.ts'
import { hashOfRecoveryCode, newRecoveryCodes } from './recovery.ts'
import * as store from './store.ts'
import { newTotpSecret, stepOfCode, totpInvitation } from './totp.ts'
import type { Bearer, FactorOptions } from './types.ts'

const lock = { failures: 5, windowMs: 900_000, blockMs: 900_000 } as const
/** How long a secret waits for its first code, in milliseconds. */
const pendingMs = 900_000

/** A code of either sort. */
export type GivenCode = { readonly code: string } | { readonly recovery: string }

/** Makes a secret that counts once `confirmTotp` has seen a code of it; one that waited is forgotten. */
export async function beginTotp(options: FactorOptions, who: Who): Promise<TotpEnrolment> {
  const { database, vault, instance: house } = options
  const secret = newTotpSecret()
  const name = `totp/${randomUUID()}`
  await vault.set(who.tenant, name, 'other', secret)
  const before = await database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      const { totpPending } = await store.lockFactors(who, transaction)
      const change = { totp_pending: name, totp_pending_at: new Date(options.now()) }
      await store.saveFactors(who, transaction, change)
      return totpPending
    })
  if (before !== null) await vault.unset(who.tenant, before)
  return totpInvitation(secret, { house, person: await calledBy(who, database.as(who.tenant)) })
}

/** Enrols the secret that waits; gives back new recovery codes. Rejects with `wrong_code`, `conflict`, `too_many_attempts`. */
export async function confirmTotp(options: FactorOptions, who: Bearer, code: string): Promise<string[]> {
  const { database, vault, record } = options
  const handle = database.as(who.tenant)
  const waiting = (await store.loadFactors(who, handle))?.totpPending ?? null
  if (waiting === null) throw nothingWaits()
  const step = await withAttempt(options, who, () => stepIn(options, who, waiting, code))
  const { codes, before } = await handle.transaction().execute(async (transaction) => {
    const { totpPending, totpPendingAt, totpSecret } = await store.lockFactors(who, transaction)
    const isLate = options.now() - (totpPendingAt?.getTime() ?? 0) > pendingMs
    if (totpPending !== waiting || isLate) throw nothingWaits()
    await store.saveFactors(who, transaction, {
      ...{ totp_secret: waiting, totp_since: new Date(options.now()), totp_last_step: step },
      ...{ totp_pending: null, totp_pending_at: null },
    })
    const codes = await putRecoveryCodes(options, who, transaction)
    const at = new Date(options.now())
    await store.saveShown(who, transaction, { session: who.sessionId, factor: 'totp', at })
    await record(transaction, who.tenant, { kind: 'totp_enrolled', person: who.person })
    return { codes, before: totpSecret }
  })
  if (before !== null) await vault.unset(who.tenant, before)
  return codes
}

/** Ends one-time codes; with them go the recovery codes, unless a passkey needs them. Rejects with `not_found`. */
export async function removeTotp({ database, vault, record }: FactorOptions, who: Bearer): Promise<void> {
  const secrets = await database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      const { totpSecret, totpPending } = await store.lockFactors(who, transaction)
      if (totpSecret === null) throw new CastellanError('not_found', 'You have no one-time codes.')
      await store.saveFactors(who, transaction, {
        ...{ totp_secret: null, totp_since: null, totp_pending: null, totp_pending_at: null },
      })
      if ((await loadPasskeys(who, transaction)).length === 0)
        await store.deleteRecoveryCodes(who, transaction)
      await store.forgetShown(who, transaction)
      await record(transaction, who.tenant, { kind: 'totp_removed', person: who.person })
      return [totpSecret, totpPending]
    })
  for (const name of secrets) if (name !== null) await vault.unset(who.tenant, name)
}

/** New recovery codes in place of the old ones. Rejects with `conflict` where there is nothing to recover. */
export async function renewRecoveryCodes(options: FactorOptions, who: Who): Promise<string[]> {
  return options.database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      const { totpSince } = await store.lockFactors(who, transaction)
      if (totpSince === null && (await loadPasskeys(who, transaction)).length === 0) {
        throw new CastellanError(
          'conflict',
          'Recovery codes stand in for a passkey or one-time codes; you have neither.',
        )
      }
      return putRecoveryCodes(options, who, transaction)
    })
}

async function putRecoveryCodes(
  { record, now }: FactorOptions,
  who: Who,
  transaction: Handle,
): Promise<string[]> {
  const codes = newRecoveryCodes()
  const hashes = codes.map((code) => hashOfRecoveryCode(who.person, code))
  await store.saveRecoveryCodes(who, transaction, hashes, new Date(now()))
  await record(transaction, who.tenant, { kind: 'recovery_codes_made', person: who.person })
  return codes
}

/** Takes a code of a person. Rejects with `wrong_code` (also for a used one) or `too_many_attempts`. */
export async function takeCode(options: FactorOptions, who: Who, given: GivenCode): Promise<void> {
  await withAttempt(options, who, () =>
    'code' in given ? takeTotp(options, who, given.code) : takeRecovery(options, who, given.recovery),
  )
}

async function takeTotp(options: FactorOptions, who: Who, code: string): Promise<true | undefined> {
  const handle = options.database.as(who.tenant)
  const secret = (await store.loadFactors(who, handle))?.totpSecret ?? null
  if (secret === null) return undefined
  const step = await stepIn(options, who, secret, code)
  if (step === undefined) return undefined
  return (await store.takeStep(who, handle, secret, step)) || undefined
}

function stepIn({ vault, now }: FactorOptions, { tenant }: Who, name: string, code: string) {
  return vault.spend(tenant, name, async (secret) => stepOfCode(secret, code, now()))
}

async function takeRecovery(options: FactorOptions, who: Who, code: string): Promise<true | undefined> {
  const { database, record, raise } = options
  const hash = hashOfRecoveryCode(who.person, code)
  return database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      const now = new Date(options.now())
      if (!(await store.spendRecoveryCode(who, transaction, hash, now))) return undefined
      const left = (await store.loadRecovery(who, transaction))?.left ?? 0
      await record(transaction, who.tenant, { kind: 'recovery_code_used', person: who.person, left })
      const sentence =
        'A recovery code of yours was used. If that was not you, make new ones and look at your sessions.'
      await raise(
        transaction,
        who.tenant,
        { kind: 'factors.recovery_used', sentence, facts: { left } },
        who.person,
      )
      return true
    })
}

/** Counts an attempt as failed before it is looked at, so that of any number at once no more than five are. */
async function withAttempt<T>(
  options: FactorOptions,
  who: Who,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const key = `${who.tenant} ${who.person}`
  const counted = await options.limits.reserve('codes', key, lock)
  if ('blockedUntil' in counted) throw locked(counted.waitMs)
  const right = await attempt()
  if (right === undefined) {
    const left = Math.max(0, lock.failures - counted.count)
    if (left === 0) await tellOfLock(options, who)
    throw wrongCode(left)
  }
  await options.limits.forgive('codes', key)
  return right
}

async function tellOfLock(
  { database, record, raise }: FactorOptions,
  { tenant, person }: Who,
): Promise<void> {
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const { failures } = lock
      const sentence =
        'Five wrong codes came in a row from somebody who was past your password or in a session of yours; codes are locked for 15 minutes. If that was not you, change your password.'
      await record(transaction, tenant, { kind: 'codes_locked', person, failures })
      await raise(transaction, tenant, { kind: 'factors.codes_locked', sentence, facts: {} }, person)
    })
}

function nothingWaits(): CastellanError {
  return new CastellanError('conflict', 'No new secret waits for its first code. Nothing was changed.', {
    hint: 'begin again; a secret waits for 15 minutes, and only the last one counts',
  })
}

function wrongCode(left: number): CastellanError {
  const rest =
    left === 0 ? 'Codes are locked for 15 minutes now.' : `${left} more ${left === 1 ? 'try' : 'tries'}.`
  return new CastellanError('wrong_code', `The code is wrong or was used already. ${rest}`, {
    hint: 'each code counts once: wait for the next one, and see that the clock of the phone is right',
    details: { attemptsLeft: left },
  })
}

function locked(retryAfterMs: number): CastellanError {
  const minutes = Math.ceil(retryAfterMs / 60_000)
  return new CastellanError(
    'too_many_attempts',
    `Too many wrong codes. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}; a passkey is not locked.`,
    { details: { retryAfterMs } },
  )
}
