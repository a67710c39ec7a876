/**
 * When which key signs, as decisions over a list of keys. A key is published a day before it signs, signs for thirty days,
 * and stays published until the last token it may have signed has expired, so that nobody ever meets an unknown key.
 */
import type { JWK } from 'jose'

/** A signing key without its private half. */
export interface SigningKey {
  readonly kid: string
  readonly publicKey: JWK
  readonly createdAt: Date
  readonly signsFrom: Date
  readonly signsUntil: Date
}

/** How long whoever asks may keep the JWKS, in milliseconds. */
export const jwksAgeMs = 300_000
/** The longest that any access token lives; a key outlives its last signature by this. */
export const longestTokenMs = 86_400_000
/** Clocks that differ by more than this are refused, in milliseconds. */
export const leewayMs = 5_000

const signingMs = 30 * 86_400_000
const publishedAheadMs = 86_400_000
/** Between the publication of a key by hand and its first signature: twice what a cached JWKS may be old. */
const turnoverMs = 2 * jwksAgeMs

/** The key that signs at a time; of two the newer. */
export function signingKey(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  return keys
    .filter((key) => key.signsFrom.getTime() <= now && now < key.signsUntil.getTime())
    .sort((one, other) => other.signsFrom.getTime() - one.signsFrom.getTime())[0]
}

/** Whether a key may still stand behind a living token, or soon will. */
export const isPublished = (key: SigningKey, now: number): boolean =>
  now <= key.signsUntil.getTime() + longestTokenMs + leewayMs

/** What a key is at a time. */
export function stateOf(
  keys: readonly SigningKey[],
  key: SigningKey,
  now: number,
): 'next' | 'signing' | 'retired' {
  if (signingKey(keys, now)?.kid === key.kid) return 'signing'
  return key.signsFrom.getTime() > now ? 'next' : 'retired'
}

/** When a key that is made now would sign; undefined while none is due. */
export function dueKey(
  keys: readonly SigningKey[],
  now: number,
): { signsFrom: Date; signsUntil: Date } | undefined {
  const current = signingKey(keys, now)
  const last = Math.max(0, ...keys.map((key) => key.signsUntil.getTime()))
  if (current === undefined) return times(now)
  return last - now > publishedAheadMs ? undefined : times(last)
}

/** The times of a key made by hand: it takes over as soon as everybody can know it, or at once. */
export function takeOver(now: number, atOnce: boolean): { signsFrom: Date; signsUntil: Date } {
  return times(atOnce ? now : now + turnoverMs)
}

const times = (from: number) => ({ signsFrom: new Date(from), signsUntil: new Date(from + signingMs) })
