/** What identity is told, what it tells others, and the ports it needs; main.ts joins them. */
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Limits } from '../limits/index.ts'

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
      readonly by: 'password' | 'link'
      readonly session: string
      readonly address: string
    }
  | { readonly kind: 'link_made'; readonly expiresAt: Date }
  | {
      readonly kind: 'address_blocked'
      readonly address: string
      readonly failures: number
      readonly until: Date
    }
  | {
      readonly kind: 'session_ended'
      readonly session: string
      readonly why: 'signed_out' | 'revoked' | 'replaced'
    }

/** Records an event as the last statement of a transaction; where it fails, what it records is undone. */
export type RecordEvent = (transaction: Handle, tenant: Tenant, event: IdentityEvent) => Promise<void>

/** What identity is made from. */
export interface IdentityOptions {
  readonly database: Database
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
  /** Counts knocks and wrong passwords. */
  readonly limiter: Limits
  readonly record: RecordEvent
  /** The present, in milliseconds. */
  readonly now: () => number
}
