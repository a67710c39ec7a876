/** How people prove who they are beyond a password: passkeys, one-time codes, recovery codes, step-up, proofs of a yes. */
import type { Factor, PasskeyOptions } from '@castellan/contracts'
import type { Handle } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { SecondStep } from '../identity/index.ts'
import { checkAtLink } from './at-link.ts'
import { type Forgotten, forgetProofs } from './forget.ts'
import { requireFresh } from './fresh.ts'
import { askForApproval, bearerOf, type GivenWithYes, proveWithYes, takePassword } from './proofs.ts'
import { makeSecondStep } from './signin.ts'
import type { Arrived, FactorOptions } from './types.ts'

export { type Forgotten, forgetOwnersProofs } from './forget.ts'
export { factorAccountRoutes, factorAuthRoutes } from './routes.ts'
export type { FactorEvent, FactorOptions } from './types.ts'

/** Factors as the rest of the house uses them. */
export interface Factors {
  readonly requireFresh: RequireFresh
  /** What identity asks between a first proof and a session. */
  readonly secondStep: SecondStep
  /** Takes all proofs of a person away, in the caller's transaction. */
  forgetProofs(transaction: Handle, who: Who): Promise<Forgotten>
  /** What setting a new password by a mailed link asks for besides the link. */
  checkAtLink(who: Who, given: { readonly code?: string | undefined }): Promise<void>
  /** What a yes to the question bound to `subject` comes with; see `proveWithYes`. */
  prove(identity: Identity, given: GivenWithYes, subject: string, at: Arrived): Promise<Factor>
  /** Takes the password as proof while its person has nothing stronger; rejects with `factor_needed` otherwise. */
  provePassword(identity: Identity, password: string, address: string): Promise<void>
  /** What the browser is asked to show with a yes to that question. */
  askForApproval(identity: Identity, subject: string, at: Arrived): Promise<PasskeyOptions>
}

/** Puts factors together. */
export function makeFactors(options: FactorOptions): Factors {
  return {
    requireFresh: (identity, atLeast) => requireFresh(options, identity, atLeast),
    secondStep: makeSecondStep(options),
    forgetProofs: (transaction, who) => forgetProofs(options, transaction, who),
    checkAtLink: (who, given) => checkAtLink(options, who, given),
    prove: (identity, given, subject, at) => proveWithYes(options, identity, given, subject, at),
    async provePassword(identity, password, address) {
      await takePassword(options, bearerOf(identity), password, address)
    },
    askForApproval: async (identity, subject, at) =>
      askForApproval(options, bearerOf(identity), at.origin, subject),
  }
}
