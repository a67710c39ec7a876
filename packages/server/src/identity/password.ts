/**
 * ADMIN_PASSWORD and its limiter. Five wrong passwords from one address block it for 15 minutes; an attempt while blocked
 * is refused without being looked at and does not prolong the block; a right password forgives the wrong ones before it.
 */
import { CastellanError } from '@castellan/contracts'
import type { Handle } from '../database/index.ts'
import { limiterKey } from '../limits/index.ts'
import { isSameSecret } from './tokens.ts'
import type { IdentityOptions } from './types.ts'

/** Refuses with `no_admin_password` while ADMIN_PASSWORD is unset. */
export function requirePassword(options: IdentityOptions): string {
  const expected = options.adminPassword()
  if (expected !== undefined && expected !== '') return expected
  throw new CastellanError('no_admin_password', 'ADMIN_PASSWORD is not set, so nobody can sign in.', {
    hint: `set ADMIN_PASSWORD in ${options.passwordFile} and start Castellan again`,
  })
}

/**
 * Checks a password given from an address, then runs `onRight` in a transaction.
 * Throws `wrong_password`, `too_many_attempts` or `no_admin_password`.
 */
export async function withPassword<T>(
  options: IdentityOptions,
  given: { password: string; address: string },
  onRight: (transaction: Handle) => Promise<T>,
): Promise<T> {
  const expected = requirePassword(options)
  const { database, tenant, limiter } = options
  const key = limiterKey(given.address)
  const { failures, blockMs } = options.limits()
  const attempt = await limiter.reserve('password', key, { failures, windowMs: blockMs, blockMs })
  if ('blockedUntil' in attempt) throw tooMany(attempt.waitMs)
  if (!isSameSecret(given.password, expected)) {
    const left = Math.max(0, failures - attempt.count)
    if (left === 0) await recordBlock(options, key, attempt.count, blockMs)
    throw wrong(left, options.passwordFile)
  }
  await limiter.forgive('password', key)
  return database.as(tenant).transaction().execute(onRight)
}

/** Writes down in the house's ledger that an address, or the account that was tried from it, is blocked. */
export async function recordBlock(
  { database, tenant, record, now }: IdentityOptions,
  address: string,
  failures: number,
  blockMs: number,
  kind: 'address_blocked' | 'account_blocked' = 'address_blocked',
): Promise<void> {
  const until = new Date(now() + blockMs)
  await database
    .as(tenant)
    .transaction()
    .execute((transaction) => record(transaction, tenant, { kind, address, failures, until }))
}

function wrong(left: number, passwordFile: string): CastellanError {
  const rest = left === 0 ? 'This address is blocked now.' : `${left} more ${left === 1 ? 'try' : 'tries'}.`
  return new CastellanError('wrong_password', `The password is wrong. ${rest}`, {
    hint: `it is the value of ADMIN_PASSWORD in ${passwordFile}`,
    details: { attemptsLeft: left },
  })
}

/** The refusal of who has failed too often. */
export function tooMany(retryAfterMs: number): CastellanError {
  const minutes = Math.ceil(retryAfterMs / 60_000)
  return new CastellanError(
    'too_many_attempts',
    `Too many wrong passwords came from this address. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    {
      hint: 'on the machine itself, `castellan open` gives a sign-in link at once',
      details: { retryAfterMs },
    },
  )
}
