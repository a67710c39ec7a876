/** What identity is told, what it tells others, and the ports it needs; main.ts joins them. */
import type { ProviderButton } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Identity, Principal, Who } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import type { Limits } from '../limits/index.ts'
import type { SecondStep } from './second-step.ts'

/** What a session was begun by. */
export type SignInWay = 'password' | 'link' | 'passkey' | 'invitation' | `provider:${string}`

/** Knows the sender of a bearer; undefined for a token that is none of its own. Rejects when it cannot tell. */
export type BearerResolver = (token: string, claim: Claim) => Promise<Identity | undefined>

/** Ends what a person holds besides sessions (tokens, devices), in the caller's transaction. */
export type EndAccess = (transaction: Handle, who: Who) => Promise<void>

/** How long a session lasts, how often a password may be wrong, how often /auth may be knocked at; read at each use. */
export interface SignInLimits {
  /** Wrong passwords from one address until it is blocked. */
  readonly failures: number
  readonly blockMs: number
  /** Of new sessions; eight hours at most, whatever is asked for. */
  readonly sessionMs: number
  /** Requests to /auth per minute and address … */
  readonly authPerMinute: number
  /** … and how many beyond the first may come at once. */
  readonly authBurst: number
}

/** The fixed figures of DESIGN §8. */
export const defaultLimits: SignInLimits = Object.freeze({
  failures: 5,
  blockMs: 900_000,
  sessionMs: 8 * 3_600_000,
  authPerMinute: 30,
  authBurst: 5,
})

/** What the ledger should know; each becomes a row in the transaction that did it. */
export type IdentityEvent =
  | {
      readonly kind: 'signed_in'
      readonly by: SignInWay
      readonly session: string
      readonly person: string
      readonly address: string
    }
  | { readonly kind: 'link_made'; readonly expiresAt: Date }
  | {
      readonly kind: 'address_blocked' | 'account_blocked'
      readonly address: string
      readonly failures: number
      readonly until: Date
    }
  | {
      readonly kind: 'session_ended'
      readonly session: string
      readonly person: string
      readonly why:
        | 'signed_out'
        | 'revoked'
        | 'replaced'
        | 'disabled'
        | 'recovered'
        | 'email_taken_back'
        | 'proofs_reset'
    }

/**
 * Records an event as the last statement of a transaction; where it fails, what it records is undone. `by` is whose deed
 * it was, the tenant's owner unless it says otherwise.
 */
export type RecordEvent = (
  transaction: Handle,
  tenant: Tenant,
  event: IdentityEvent,
  by?: Principal,
) => Promise<void>

/** What identity is made from. */
export interface IdentityOptions {
  readonly database: Database
  /** The home tenant. */
  readonly tenant: Tenant
  /** The instance's name; names the cookie. */
  readonly instance: string
  /** Name of the file that holds ADMIN_PASSWORD, for the sign-in page. */
  readonly passwordFile: string
  /** ADMIN_PASSWORD; undefined or empty lets nobody in. */
  readonly adminPassword: () => string | undefined
  /** The bearer in run/server.json. */
  readonly localToken: string
  /** Where pages live, e.g. `http://localhost:7777`. */
  readonly url: string
  readonly limits: () => SignInLimits
  /** Providers that somebody can sign in by; none when absent. */
  readonly offered?: () => Promise<ProviderButton[]>
  /** Counts knocks and wrong passwords. */
  readonly limiter: Limits
  /** Those who know bearers other than the local token, asked in their order. */
  readonly bearers?: readonly BearerResolver[]
  /** What may come between a first proof and a session. */
  readonly secondStep: SecondStep
  readonly record: RecordEvent
  /** The present, in milliseconds. */
  readonly now: () => number
}
