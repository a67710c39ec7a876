/**
 * Whom an outside account lets in (ADR 0022). Pure: everything that was found out goes in, one verdict comes out. An address
 * alone connects nobody unless three parties vouch for it: the provider, who runs the domain, and we who saw mail read there.
 */
import type { JoinRule, ProviderProblem } from '@castellan/contracts'
import { domainOf } from './read.ts'
import type { KnownPerson, Profile } from './types.ts'

/** What was found out about an account that nobody is signed in for. */
export interface SignInFacts {
  readonly profile: Profile
  /** Whose account it is already. */
  readonly account: KnownPerson | undefined
  /** Whose own address the profile's is. */
  readonly namesake: KnownPerson | undefined
  readonly provider: {
    readonly join: JoinRule
    readonly domains: readonly string[]
    /** Run by the owner or somebody the owner chose, so that the domains above are its to vouch for. */
    readonly ownIssuer: boolean
  }
}

export type Verdict =
  | { readonly do: 'enter'; readonly who: KnownPerson }
  /** The account becomes theirs, and they are told. */
  | { readonly do: 'adopt'; readonly who: KnownPerson }
  | { readonly do: 'join' }
  | { readonly do: 'refuse'; readonly problem: ProviderProblem }

/** The verdict on a sign-in. Who is disabled is answered as who is unknown. */
export function decideSignIn(facts: SignInFacts): Verdict {
  const { account, namesake } = facts
  if (account !== undefined) return account.disabled ? unknown : { do: 'enter', who: account }
  if (namesake !== undefined) return mayAdopt(facts, namesake) ? { do: 'adopt', who: namesake } : unknown
  return mayJoin(facts) ? { do: 'join' } : unknown
}

/** The verdict on connecting an account for somebody who is signed in. */
export function decideConnect(asker: string, account: KnownPerson | undefined): 'connect' | 'taken' {
  return account === undefined || account.person === asker ? 'connect' : 'taken'
}

const unknown: Verdict = Object.freeze({ do: 'refuse', problem: 'unknown' })

function mayAdopt({ profile, provider }: SignInFacts, namesake: KnownPerson): boolean {
  const vouched = profile.authoritative || (provider.ownIssuer && isAtDomain(profile, provider.domains))
  // An owner connects while signed in, or not at all: there is most to lose.
  const theirs = namesake.emailVerified && !namesake.disabled && namesake.role !== 'owner'
  return profile.emailVerified && vouched && theirs
}

function mayJoin({ profile, provider }: SignInFacts): boolean {
  if (provider.join === 'everyone') return provider.ownIssuer
  return provider.join === 'domains' && profile.emailVerified && isAtDomain(profile, provider.domains)
}

function isAtDomain({ email }: Profile, domains: readonly string[]): boolean {
  return email !== null && domains.includes(domainOf(email))
}
