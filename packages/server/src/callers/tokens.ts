/** Values of caller tokens: `csc_` and 256 random bits. The database has their SHA-256 only. */
import { createHash, randomBytes } from 'node:crypto'

/** A new token. */
export const newCallerToken = (): string => `csc_${randomBytes(32).toString('base64url')}`

/** What is stored of a token. */
export const hashOfCallerToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The caller token that an Authorization header holds; undefined for anything else, a list of two included. */
export function callerTokenIn(authorization: string | undefined): string | undefined {
  return /^bearer +(csc_[\w-]{43})$/i.exec(authorization ?? '')?.[1]
}
