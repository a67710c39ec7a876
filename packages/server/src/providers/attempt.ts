/**
 * One sign-in on its way: a random token in a cookie of this browser, and a row that knows its hash. State, nonce and PKCE
 * verifier are derived from the token, so they are bound to that browser, and who reads the table has none of them.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Proofs } from './client.ts'

/** How long somebody may take at the provider. */
export const attemptMs = 600_000

/** A new token, 256 bits. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What the table keeps of it. */
export const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The three values of this sign-in; each 256 bits and of no use for guessing another. */
export function proofsOf(token: string): Proofs {
  const derive = (what: string) => createHmac('sha256', token).update(what).digest('base64url')
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('verifier') }
}

/** The name of the cookie, beside the session's. */
export const attemptCookie = (sessionCookie: string): string => `${sessionCookie}_signin`
