/** What people/ is told, what it tells others, and the ports it needs; front.ts joins them. */
import type { PersonRole, ProofsReset } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Principal, Who } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { EndAccess, IdentityService } from '../identity/index.ts'
import type { Limits } from '../limits/index.ts'

/** A mail of ours: plain text, because a link in it must be the link that is read. */
export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** Hands a letter to a mail server; rejects when that did not take it. */
export type SendMail = (letter: Letter) => Promise<void>

/** Checks the second factor of a person who has one: throws `factor_needed` without a code and `wrong_code` for a wrong one. */
export type CheckSecond = (
  who: Who,
  given: { readonly code?: string | undefined; readonly address: string },
) => Promise<void>

/** What the ledger should know; each becomes a row in the transaction that did it. */
export type PeopleEvent =
  | {
      readonly kind: 'invited'
      readonly invitation: string
      readonly role: PersonRole
      readonly name: string
      readonly mailed: boolean
    }
  | { readonly kind: 'invitation_revoked'; readonly invitation: string }
  | {
      readonly kind: 'joined'
      readonly invitation: string
      readonly person: string
      readonly role: PersonRole
      readonly name: string
    }
  | {
      readonly kind: 'role_changed'
      readonly person: string
      readonly from: PersonRole
      readonly to: PersonRole
    }
  | {
      readonly kind: 'person_disabled' | 'person_enabled' | 'person_removed' | 'renamed'
      readonly person: string
      readonly name: string
    }
  | ({ readonly kind: 'proofs_reset'; readonly person: string } & ProofsReset)
  | { readonly kind: 'tenant_made'; readonly made: string; readonly name: string }
  | {
      readonly kind: 'tenant_recovery_handed' | 'tenant_proofs_reset' | 'tenant_closed' | 'tenant_opened'
      readonly of: string
      readonly name: string
    }
  | {
      readonly kind:
        | 'password_changed'
        | 'email_asked'
        | 'email_changed'
        | 'email_taken_back'
        | 'recovery_asked'
        | 'recovery_handed'
        | 'recovered'
      readonly person: string
    }

/** Takes passkeys, one-time codes and recovery codes of a person away; `afterwards` is for when that is committed. */
export type ForgetProofs = (
  transaction: Handle,
  who: Who,
) => Promise<{ readonly had: ProofsReset; afterwards(): Promise<void> }>

/** What people/ is made from. */
export interface PeopleOptions {
  readonly database: Database
  /** The tenant of the house. */
  readonly home: Tenant
  /** The instance's name. */
  readonly instance: string
  /** Where links lead, e.g. `https://castle.example`: configured, never what a request says. */
  readonly url: string
  readonly limiter: Pick<Limits, 'take' | 'reserve' | 'forgive'>
  readonly identity: Pick<IdentityService, 'sessions' | 'identify'>
  readonly requireFresh: RequireFresh
  /** Ends what a person holds besides sessions. */
  readonly endAccess: readonly EndAccess[]
  /** Without it nobody has a second factor. */
  readonly checkSecond?: CheckSecond
  readonly forgetProofs: ForgetProofs
  /** Undefined while the house cannot send mail. */
  readonly sendMail: SendMail | undefined
  readonly record: (
    handle: Handle,
    tenant: Tenant,
    event: PeopleEvent,
    by: Principal | 'system',
  ) => Promise<void>
  /** Hears of a letter that could not be delivered. */
  readonly onUndelivered: (error: unknown) => void
  /** The present, in milliseconds. */
  readonly now: () => number
}
