/** Who sends a request, and how one becomes known: by password, by one-time link, or by the local token of the CLI. */
import { homeOwner } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import { cookieName, readToken } from './cookie.ts'
import { makeLink, type SignInLink, withLink } from './links.ts'
import { requirePassword, withPassword } from './password.ts'
import { type Arrival, makeSessions, type NewSession, type Sessions } from './sessions.ts'
import { isSameSecret } from './tokens.ts'
import type { IdentityOptions } from './types.ts'

/** Identity as the rest of the house uses it. */
export interface IdentityService {
  /** Who sends a request; undefined for nobody we know. Rejects when the database cannot tell. */
  identify(claim: Claim): Promise<Identity | undefined>
  signInByPassword(given: { password: string } & Arrival): Promise<NewSession>
  signInByLink(given: { token: string } & Arrival): Promise<NewSession>
  /** Re-entry of the password as a second factor, under the same limiter; throws as a sign-in does. */
  checkPassword(given: { password: string; address: string }): Promise<void>
  makeLink(): Promise<SignInLink>
  /** Whether ADMIN_PASSWORD is set; while it is not, nobody signs in and no session counts. */
  isPasswordSet(): boolean
  readonly sessions: Sessions
}

/** Puts identity together. */
export function makeIdentity(options: IdentityOptions): IdentityService {
  const sessions = makeSessions(options)
  const owner = { tenant: options.tenant, person: homeOwner } as const
  const isPasswordSet = () => (options.adminPassword() ?? '') !== ''

  async function identifyBearer(authorization: string, claim: Claim): Promise<Identity | undefined> {
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1]
    if (token === undefined) return undefined
    if (isSameSecret(token, options.localToken)) {
      // The token is for this machine: through a proxy or under a public name it opens nothing.
      if (!claim.fromLoopback || !claim.origin.loopback) return undefined
      return { ...owner, role: 'owner', principal: 'owner', via: 'local-token', scopes: null }
    }
    for (const resolve of options.bearers ?? []) {
      const identity = await resolve(token, claim)
      if (identity !== undefined) return identity
    }
    return undefined
  }

  return {
    sessions,
    isPasswordSet,
    async identify(claim) {
      const { authorization = '' } = claim
      // The origin guard spares whatever begins like a bearer, so no such request may fall back on its cookie.
      if (/^bearer/i.test(authorization)) return identifyBearer(authorization, claim)
      const token = readToken(claim.cookie, cookieName(options.instance, claim.origin.secure))
      if (token === undefined || !isPasswordSet()) return undefined
      return sessions.find(token)
    },
    signInByPassword: (given) =>
      withPassword(options, given, (transaction) => sessions.begin(transaction, 'password', owner, given)),
    signInByLink: (given) =>
      withLink(options, given.token, (transaction) => sessions.begin(transaction, 'link', owner, given)),
    checkPassword: (given) => withPassword(options, given, async () => {}),
    async makeLink() {
      requirePassword(options)
      return makeLink(options)
    },
  }
}
