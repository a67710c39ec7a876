/**
 * Signing and verifying access tokens (RFC 9068). A token is taken only in its one canonical spelling, with a header of
 * exactly three names, under the key that its `kid` names and that key's own algorithm; everything else is nobody's.
 */
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import * as z from 'zod'
import { claimsOf, type Grant, grantOf, type Issuer } from './claims.ts'
import { leewayMs, longestTokenMs } from './key-plan.ts'
import type { Keyring } from './keyring.ts'

/** A token of ours has some 800 characters; nothing longer than this is looked at. */
const maxCharacters = 4096
const typ = 'at+jwt'

/** What a header of ours holds, and no more: keys, addresses of keys and critical extensions have no business there. */
const Header = z.strictObject({
  alg: z.enum(['EdDSA', 'HS256']),
  kid: z.string().regex(/^[a-z0-9]{1,32}$/),
  typ: z.literal(typ),
})

/** An access token just made. */
export interface AccessToken {
  readonly token: string
  readonly expiresAt: Date
}

/** Access tokens under a keyring. */
export interface AccessTokens {
  sign(grant: Grant, lifeMs: number): Promise<AccessToken>
  /** The grant of a valid token; undefined for everything else. Rejects when the keys cannot be read. */
  verify(token: string): Promise<Grant | undefined>
}

/** Makes and reads access tokens. */
export function accessTokens(keyring: Keyring, issuer: Issuer, now: () => number): AccessTokens {
  return {
    async sign(grant, lifeMs) {
      const { kid, alg, key } = await keyring.signer()
      const claims = claimsOf(grant, issuer, now(), lifeMs)
      const token = await new SignJWT(claims).setProtectedHeader({ alg, kid, typ }).sign(key)
      return { token, expiresAt: new Date(claims.exp * 1000) }
    },
    async verify(token) {
      const header = headerOf(token)
      if (header === undefined) return undefined
      const found = await keyring.verifier(header.kid)
      if (found === undefined) return undefined
      const payload = await verified(() =>
        jwtVerify(token, found.key, {
          algorithms: [found.alg],
          typ,
          issuer: issuer.url,
          audience: issuer.audience,
          clockTolerance: leewayMs / 1000,
          // Whoever shares HASURA_JWT_KEY could name any end; a token from the future is one of a clock that was set back.
          maxTokenAge: longestTokenMs / 1000,
          requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],
          currentDate: new Date(now()),
        }),
      )
      return payload === undefined ? undefined : grantOf(payload)
    },
  }
}

/** The header of what may be a token of ours. */
function headerOf(token: string): z.infer<typeof Header> | undefined {
  if (token.length > maxCharacters) return undefined
  const parts = token.split('.')
  const [header = ''] = parts
  if (parts.length !== 3 || !parts.every(isCanonical)) return undefined
  try {
    return Header.safeParse(JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}

/** Base64url has spare bits at its end, and decoders do not look at them: without this a token had many spellings. */
function isCanonical(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part
}

async function verified(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await verify()).payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
