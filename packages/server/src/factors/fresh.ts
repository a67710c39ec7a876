/**
 * What a session has shown, and what it has to show. A factor counts for five minutes in its session; signing in has shown
 * a password's worth. A password counts until something stronger is enrolled.
 */
import { CastellanError, type StepFactor } from '@castellan/contracts'
import { homeOwner, homeTenant } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import * as store from './store.ts'
import { type Bearer, type FactorOptions, isAtLeast } from './types.ts'

const freshMs = 300_000

/** What suffices now as a second factor of a person; empty for somebody who has no proof of their own here. */
export async function acceptedFrom({ database }: FactorOptions, who: Who): Promise<StepFactor[]> {
  const { totp, passkey, password } = await store.loadHeld(who, database.as(who.tenant))
  const strong: StepFactor[] = [...(totp ? ['totp' as const] : []), ...(passkey ? ['passkey' as const] : [])]
  if (strong.length > 0) return strong
  const isHomeOwner = who.tenant === homeTenant && who.person === homeOwner
  return password || isHomeOwner ? ['password'] : []
}

/** What a session has shown and until when that counts; null when it has to show something again. */
export async function freshnessOf(
  { database, now }: FactorOptions,
  bearer: Bearer,
): Promise<{ factor: StepFactor; until: Date } | null> {
  const session = await store.loadShown(bearer, database.as(bearer.tenant), bearer.sessionId)
  if (session === undefined) return null
  const { beganAt, factor, shownAt } = session
  const shown = { factor: factor ?? ('password' as const), at: shownAt?.getTime() ?? 0 }
  const begun = { factor: 'password' as const, at: beganAt.getTime() }
  const counting = [shown, begun].filter(({ at }) => now() - at < freshMs)
  const [best] = counting.sort((a, b) => (isAtLeast(a.factor, b.factor) ? -1 : 1))
  return best === undefined ? null : { factor: best.factor, until: new Date(best.at + freshMs) }
}

/** The body of `RequireFresh` (http/fresh.ts). */
export async function requireFresh(
  options: FactorOptions,
  identity: Identity,
  atLeast: StepFactor = 'password',
): Promise<void> {
  const { via, sessionId } = identity
  if (via === 'local-token' && atLeast === 'password') return
  if (via !== 'session' || sessionId === undefined) throw inPersonOnly(atLeast)
  const accepted = await acceptedFrom(options, identity)
  const isStrong = accepted.some((factor) => factor !== 'password')
  const needed = isStrong && atLeast === 'password' ? 'totp' : atLeast
  const fresh = await freshnessOf(options, { ...identity, sessionId })
  if (fresh !== null && isAtLeast(fresh.factor, needed)) return
  throw new CastellanError('factor_needed', 'Show again that it is you. Nothing was changed.', {
    hint:
      accepted.length === 0
        ? 'sign out and sign in again, then do it within five minutes'
        : 'open it in the web page, which asks for it',
    details: { factor: needed, stepUp: true },
  })
}

function inPersonOnly(factor: StepFactor): CastellanError {
  return new CastellanError(
    'factor_needed',
    'This is done in the web page, by the person whose account it is.',
    {
      hint: 'sign in on the page and do it there',
      details: { factor, stepUp: false },
    },
  )
}
