/** What factors are told, and the ports they need; main.ts joins them. */
import type { StepFactor } from '@castellan/contracts'
import type { Database, Handle, PersonId, Tenant } from '../database/index.ts'
import type { RequestOrigin, Who } from '../http/env.ts'
import type { Limits } from '../limits/index.ts'

/** Whom a factor belongs to and in which session it is shown. */
export interface Bearer extends Who {
  readonly sessionId: string
}

/** Where a factor is shown: the address counts failures, the origin is what passkeys sign for. */
export interface Arrived {
  readonly address: string
  readonly origin: RequestOrigin
}

/** What the ledger should know; each becomes a row in the transaction that did it. Never with a secret. */
export interface FactorEvent {
  readonly kind:
    | 'passkey_added'
    | 'passkey_renamed'
    | 'passkey_removed'
    | 'passkey_refused'
    | 'totp_enrolled'
    | 'totp_removed'
    | 'codes_locked'
    | 'recovery_codes_made'
    | 'recovery_code_used'
    | 'stepped_up'
    | 'admin_password_closed'
    | 'admin_password_opened'
    | 'proofs_reset'
  readonly person: PersonId
  readonly [fact: string]: string | number | boolean
}

/** The part of the vault that is used: it keeps the secrets of one-time codes. */
export interface SecretKeeper {
  set(tenant: Tenant, name: string, kind: 'other', value: string): Promise<void>
  unset(tenant: Tenant, name: string): Promise<boolean>
  spend<T>(tenant: Tenant, name: string, use: (value: string) => Promise<T>): Promise<T>
}

/** Tells a person what they should look at, in the transaction in which it happened (alerts/). */
export type Raise = (
  handle: Handle,
  tenant: Tenant,
  alert: { kind: string; sentence: string; facts: Readonly<Record<string, string | number | boolean>> },
  person: string | null,
) => Promise<void>

/** What factors are made from. */
export interface FactorOptions {
  readonly database: Database
  /** The tenant of the house; challenges of sign-ins, where nobody is known yet, are its. */
  readonly tenant: Tenant
  /** The instance's name, for the authenticator's list. */
  readonly instance: string
  /** Where pages live, e.g. `http://localhost:7777`. */
  readonly url: string
  readonly vault: SecretKeeper
  readonly limits: Pick<Limits, 'take' | 'reserve' | 'forgive'>
  readonly raise: Raise
  readonly record: (handle: Handle, tenant: Tenant, event: FactorEvent) => Promise<void>
  /** Checks a person's own password (ADMIN_PASSWORD for the owner of the house); rejects as a sign-in does. */
  readonly checkPassword: (who: Who, password: string, address: string) => Promise<void>
  /** The present, in milliseconds. */
  readonly now: () => number
}

/** Weakest first. */
export const stepFactors: readonly StepFactor[] = ['password', 'totp', 'passkey']

/** Whether a factor is at least as strong as another. */
export const isAtLeast = (given: StepFactor, needed: StepFactor): boolean =>
  stepFactors.indexOf(given) >= stepFactors.indexOf(needed)
