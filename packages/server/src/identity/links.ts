/** One-time sign-in links: 128 bits in the URL's fragment, which browsers do not send, good for five minutes and once. */
import { CastellanError } from '@castellan/contracts'
import type { Handle } from '../database/index.ts'
import { requirePassword } from './password.ts'
import * as store from './store.ts'
import { hashOfToken, newToken } from './tokens.ts'
import type { IdentityOptions } from './types.ts'

const linkMs = 300_000

/** A link for the owner's eyes. */
export interface SignInLink {
  readonly url: string
  readonly expiresAt: Date
}

/** Makes and records a link; refuses with `no_admin_password` like every other way in. */
export async function makeLink(options: IdentityOptions): Promise<SignInLink> {
  requirePassword(options)
  const { database, tenant, record, url } = options
  const token = newToken(128)
  const at = new Date(options.now())
  const expiresAt = new Date(at.getTime() + linkMs)
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      await store.saveLink(tenant, transaction, { tokenHash: hashOfToken(token), at, expiresAt })
      await record(transaction, tenant, { kind: 'link_made', expiresAt })
    })
  return { url: `${url}/signin#${token}`, expiresAt }
}

/** Uses a link up and runs `onSpent` in the same transaction; throws `link_spent` for a used, expired or unknown one. */
export async function withLink<T>(
  options: IdentityOptions,
  token: string,
  onSpent: (transaction: Handle) => Promise<T>,
): Promise<T> {
  requirePassword(options)
  const { database, tenant } = options
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      if (await store.spendLink(tenant, transaction, hashOfToken(token), new Date(options.now())))
        return onSpent(transaction)
      throw new CastellanError('link_spent', 'This sign-in link was used already or has expired.', {
        hint: 'run `castellan open` for a new one, or sign in with the password',
      })
    })
}
