/** Who sends a request, and how one becomes known: by password, by one-time link, or by the local token of the CLI. */
import { CastellanError } from '@castellan/contracts'
import { type Handle, homeOwner } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import { checkOwnPassword, withEmail } from './by-email.ts'
import { cookieName, readToken } from './cookie.ts'
import type { Entered } from './door.ts'
import { makeLink, type SignInLink, withLink } from './links.ts'
import { requirePassword, withPassword } from './password.ts'
import { type Arrival, makeSessions, type NewSession, type Sessions } from './sessions.ts'
import { isSameSecret } from './tokens.ts'
import type { IdentityOptions, SignInWay } from './types.ts'

/** Identity as the rest of the house uses it. */
export interface IdentityService {
  /** Who sends a request; undefined for nobody we know. Rejects when the database cannot tell. */
  identify(claim: Claim): Promise<Identity | undefined>
  /** Signs the owner of the house in by ADMIN_PASSWORD. */
  signInByPassword(given: { password: string } & Arrival): Promise<Entered>
  signInByLink(given: { token: string } & Arrival): Promise<NewSession>
  signInByEmail(given: { email: string; password: string } & Arrival): Promise<Entered>
  /**
   * What follows a first proof, in the transaction (of that person's tenant) that accepted it: the second step where the
   * person has one, else a session.
   */
  enter(transaction: Handle, by: SignInWay, who: Who, arrival: Arrival): Promise<Entered>
  /** Re-entry of the password as a second factor, under the same limiter; throws as a sign-in does. */
  checkPassword(given: { password: string; address: string }): Promise<void>
  /** The same for whoever it is: ADMIN_PASSWORD of the house's owner, their own of everybody else. */
  checkPasswordOf(who: Who, given: { password: string; address: string }): Promise<void>
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

  async function enter(transaction: Handle, by: SignInWay, who: Who, arrival: Arrival): Promise<Entered> {
    const half = await options.secondStep.ask(transaction, { ...who, by })
    if (half !== null) return { half }
    return { session: await sessions.begin(transaction, by, who, arrival) }
  }

  return {
    sessions,
    enter,
    isPasswordSet,
    async identify(claim) {
      const { authorization = '' } = claim
      // The origin guard spares whatever begins like a bearer, so no such request may fall back on its cookie.
      if (/^bearer/i.test(authorization)) return identifyBearer(authorization, claim)
      const token = readToken(claim.cookie, cookieName(options.instance, claim.origin.secure))
      if (token === undefined || !isPasswordSet()) return undefined
      return sessions.find(token)
    },
    async signInByPassword(given) {
      const handle = options.database.as(owner.tenant)
      // Before it is looked at: a door that is closed says nothing about the key.
      if (await options.secondStep.isPasswordClosed(handle, owner)) throw passwordClosed()
      return withPassword(options, given, (transaction) => enter(transaction, 'password', owner, given))
    },
    signInByLink: (given) =>
      // Who makes links reads the house's files: a second factor that was lost must not lock the owner out.
      withLink(options, given.token, (transaction) => sessions.begin(transaction, 'link', owner, given)),
    signInByEmail: (given) =>
      withEmail(options, given, (transaction, who) => enter(transaction, 'password', who, given)),
    checkPassword: (given) => withPassword(options, given, async () => {}),
    checkPasswordOf: (who, given) =>
      who.person === homeOwner
        ? withPassword(options, given, async () => {})
        : checkOwnPassword(options, who, given),
    async makeLink() {
      requirePassword(options)
      return makeLink(options)
    },
  }
}

function passwordClosed(): CastellanError {
  return new CastellanError('refused', 'Signing in by ADMIN_PASSWORD is closed here.', {
    hint: 'sign in with a passkey; on the machine itself, `castellan open` gives a sign-in link',
  })
}
