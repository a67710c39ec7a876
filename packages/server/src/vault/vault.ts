/**
 * Secrets of a tenant, stored sealed. Their plaintext exists only while the function that spends one runs; nothing here
 * answers it, prints it or keeps it.
 */
import type { SecretView } from '@castellan/contracts'
import type { LeakIndex } from '@castellan/kernel'
import type { Database, Tenant } from '../database/index.ts'

/** What a secret is; more kinds come with rotation. */
export const secretKinds = ['api-key', 'password', 'token', 'signing-key', 'webhook-secret', 'other'] as const
export type SecretKind = (typeof secretKinds)[number]

export interface VaultOptions {
  readonly database: Database
  /** At least 32 bytes; every key of the vault is derived from it. */
  readonly secretKeyBase: string
  /** Secrets that live outside the vault (`.env.secrets`) and must not leave either, by name. */
  readonly guarded?: Readonly<Record<string, string>>
}

/** Whether the stored secrets can be read with this SECRET_KEY_BASE, and what to do if not. */
export type VaultCheck =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** Names that cannot be read; may be empty when the key changed before anything was stored. */
      readonly unreadable: readonly string[]
      readonly problem: string
      readonly hint: string
    }

export interface Vault {
  /** Stores or replaces. Rejects with `bad_request` (name, or a value under 8 characters), `conflict` over an unreadable one. */
  set(tenant: Tenant, name: string, kind: SecretKind, value: string): Promise<void>
  /** Removes; false when there is none. */
  unset(tenant: Tenant, name: string): Promise<boolean>
  list(tenant: Tenant): Promise<SecretView[]>
  has(tenant: Tenant, name: string): Promise<boolean>
  /** Lends the value to `use`. Rejects with `not_found` or `secret_unreadable`; errors of `use` come back without the value. */
  spend<T>(tenant: Tenant, name: string, use: (value: string) => Promise<T>): Promise<T>
  /** Fingerprints of every readable value as it is now, for `scan` before something leaves. */
  leakIndex(tenant: Tenant): Promise<LeakIndex>
  /** The same for the log, without waiting: as of the last `leakIndex`, `set` or `unset`. */
  knownIndexes(): readonly LeakIndex[]
  /** To be asked at start. */
  check(tenant: Tenant): Promise<VaultCheck>
}
