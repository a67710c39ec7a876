/** Proofs shown by somebody who is signed in: again before what matters (step-up), and with a yes to a question. */
import {
  CastellanError,
  type Factor,
  type FactorsView,
  type PasskeyAssertion,
  type PasskeyOptions,
  type Proof,
  type StepFactor,
} from '@castellan/contracts'
import { homeOwner, homeTenant } from '../database/index.ts'
import type { Identity, RequestOrigin, Who } from '../http/env.ts'
import type { Sessions } from '../identity/index.ts'
import { takeCode } from './codes.ts'
import { acceptedFrom, freshnessOf } from './fresh.ts'
import { askForPasskey, checkPasskey, listPasskeys } from './passkeys.ts'
import { loadFactors, loadRecovery, saveShown } from './store.ts'
import type { Arrived, Bearer, FactorOptions } from './types.ts'

/** What may come with a yes: one of these, or nothing. */
export interface GivenWithYes {
  readonly password?: string | undefined
  readonly code?: string | undefined
  readonly passkey?: PasskeyAssertion | undefined
}

/** The session behind a request; rejects with `factor_needed` for tokens, devices and the local token. */
export function bearerOf({ tenant, person, via, sessionId }: Identity): Bearer {
  if (via === 'session' && sessionId !== undefined) return { tenant, person, sessionId }
  throw new CastellanError(
    'factor_needed',
    'This is done in the web page, by the person whose account it is.',
    {
      hint: 'sign in on the page and do it there',
      details: { factor: 'password', stepUp: false },
    },
  )
}

const steppingUp = (bearer: Bearer) =>
  ({ purpose: 'step-up', who: bearer, session: bearer.sessionId, subject: null }) as const
const approving = (bearer: Bearer, subject: string) =>
  ({ purpose: 'approve', who: bearer, session: bearer.sessionId, subject }) as const

/** What the browser is asked to show for a step-up. */
export const askForStepUp = (
  options: FactorOptions,
  bearer: Bearer,
  origin: RequestOrigin,
): Promise<PasskeyOptions> => askForPasskey(options, steppingUp(bearer), origin)

/** What the browser is asked to show with a yes to the question whose binding is `subject`. */
export const askForApproval = (
  options: FactorOptions,
  bearer: Bearer,
  origin: RequestOrigin,
  subject: string,
): Promise<PasskeyOptions> => askForPasskey(options, approving(bearer, subject), origin)

/**
 * Takes a proof, notes in the session that it was shown, and gives the session another token: one that somebody learnt
 * before is not raised along with it.
 */
export async function stepUp(
  options: FactorOptions,
  sessions: Pick<Sessions, 'renew'>,
  bearer: Bearer,
  proof: Proof,
  at: Arrived,
) {
  const factor = await take(options, bearer, proof, at)
  return options.database
    .as(bearer.tenant)
    .transaction()
    .execute(async (transaction) => {
      const session = await sessions.renew(transaction, bearer, bearer.sessionId)
      await saveShown(bearer, transaction, { session: session.id, factor, at: new Date(options.now()) })
      const kind = 'recovery' in proof ? 'recovery' : factor
      await options.record(transaction, bearer.tenant, {
        kind: 'stepped_up',
        person: bearer.person,
        by: kind,
      })
      return session
    })
}

async function take(options: FactorOptions, bearer: Bearer, proof: Proof, at: Arrived): Promise<StepFactor> {
  if ('password' in proof) return takePassword(options, bearer, proof.password, at.address)
  if ('passkey' in proof) {
    await checkPasskey(options, steppingUp(bearer), at.origin, proof.passkey)
    return 'passkey'
  }
  await takeCode(options, bearer, proof)
  return 'totp'
}

/** Takes a password while it is the best proof that its person has; rejects with `factor_needed` afterwards. */
export async function takePassword(options: FactorOptions, who: Who, password: string, address: string) {
  const accepted = await acceptedFrom(options, who)
  if (!accepted.includes('password')) throw passwordIsPast(accepted)
  await options.checkPassword(who, password, address)
  return 'password' as const
}

function passwordIsPast(accepted: readonly StepFactor[]): CastellanError {
  const [factor = 'passkey'] = accepted
  return new CastellanError(
    'factor_needed',
    'The password is no second proof here any more: you have a stronger one.',
    {
      hint: accepted.includes('passkey') ? 'show your passkey' : 'give a one-time code',
      details: { factor },
    },
  )
}

/**
 * What a yes comes with. Whatever is sent by a token, a device or the command line is a click; recovery codes are for
 * coming in, not for a yes. `subject` is the binding of the question. Rejects for a wrong proof.
 */
export async function proveWithYes(
  options: FactorOptions,
  identity: Identity,
  given: GivenWithYes,
  subject: string,
  at: Arrived,
): Promise<Factor> {
  const { via, sessionId } = identity
  if (via !== 'session' || sessionId === undefined) return 'click'
  const bearer = { ...identity, sessionId }
  if (given.passkey !== undefined) {
    await checkPasskey(options, approving(bearer, subject), at.origin, given.passkey)
    return 'passkey'
  }
  if (given.code !== undefined) {
    await takeCode(options, bearer, { code: given.code })
    return 'totp'
  }
  return given.password === undefined ? 'click' : takePassword(options, bearer, given.password, at.address)
}

/** Everything about one's own proofs that the page shows. */
export async function viewFactors(options: FactorOptions, identity: Identity): Promise<FactorsView> {
  const handle = options.database.as(identity.tenant)
  const { sessionId } = identity
  const stored = await loadFactors(identity, handle)
  const recovery = await loadRecovery(identity, handle)
  const fresh = sessionId === undefined ? null : await freshnessOf(options, { ...identity, sessionId })
  const isHomeOwner = identity.tenant === homeTenant && identity.person === homeOwner
  const door = stored?.passwordClosedAt == null ? 'open' : 'closed'
  return {
    passkeys: await listPasskeys(identity, handle),
    totp_since: stored?.totpSince?.toISOString() ?? null,
    recovery: recovery && { left: recovery.left, made_at: recovery.madeAt.toISOString() },
    admin_password: isHomeOwner ? door : 'none',
    accepts: await acceptedFrom(options, identity),
    fresh: fresh && { factor: fresh.factor, until: fresh.until.toISOString() },
  }
}
