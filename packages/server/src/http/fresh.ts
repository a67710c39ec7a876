/** The port to factors/: has whoever sends this request shown a moment ago that it is them? */
import type { StepFactor } from '@castellan/contracts'
import type { Identity } from './env.ts'

/**
 * Rejects with `factor_needed` (details `{factor, stepUp: true}`) unless the session has shown a factor within five minutes
 * that is at least `atLeast` and, whatever that says, one of those that the person has: a password suffices until a TOTP or
 * passkey is enrolled. The local token passes without `atLeast`; tokens and devices never pass.
 */
export type RequireFresh = (identity: Identity, atLeast?: StepFactor) => Promise<void>
