/** Random tokens, what is stored of them, and comparisons that take as long for a wrong guess as for the right one. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A new token of so many bits, as base64url text. */
export const newToken = (bits: 128 | 256): string => randomBytes(bits / 8).toString('base64url')

/** What the database keeps of a token: a stolen table signs nobody in. */
export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Whether two secrets are equal; the digests have one length, so not even the length shows. */
export const isSameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(hashOfToken(given), hashOfToken(expected))
