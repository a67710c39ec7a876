/** The port to factors/: what may come between a first proof and a session. */
import type { Handle, PersonId, Tenant } from '../database/index.ts'

/** Somebody who has proved who they are by one thing. */
export interface FirstProof {
  readonly tenant: Tenant
  readonly person: PersonId
  /** How, in the words of the ledger: `password`, `recovery`, `provider:github` … */
  readonly by: string
}

/** A sign-in that waits for its second step: the token goes into the cookie `<session cookie>_step` and nowhere else. */
export interface HalfSignedIn {
  readonly token: string
  readonly ageMs: number
}

/** What identity asks before it begins a session by a password, a provider or a mailed link. */
export interface SecondStep {
  /**
   * To be called in the transaction that accepted the first proof. Null: begin the session. Otherwise begin none, set the
   * cookie and answer as `AuthState` with `second_step: true`; `POST /auth/second` does the rest.
   */
  ask(transaction: Handle, proof: FirstProof): Promise<HalfSignedIn | null>
  /** Forgets the sign-ins of a person that wait for their second step: the first proof of each may be somebody else's. */
  forget(transaction: Handle, who: { tenant: Tenant; person: PersonId }): Promise<void>
  /** Whether the person has closed signing in by ADMIN_PASSWORD. One-time links of `castellan open` stay. */
  isPasswordClosed(handle: Handle, who: { tenant: Tenant; person: PersonId }): Promise<boolean>
}
