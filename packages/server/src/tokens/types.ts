/** What tokens are made from and what they tell others; front.ts joins them. */
import type { Scope } from '@castellan/contracts'
import type { Database, Handle, PersonId, Tenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import type { Vault } from '../vault/index.ts'

/** Where a request comes from. */
export interface Arrival {
  readonly address: string
  readonly userAgent: string
}

/** Whose tokens. */
export type Who = Pick<Identity, 'tenant' | 'person'>

/** Why a family ended. */
export type WhyEnded = 'revoked' | 'signed_out' | 'reuse' | 'code_reuse' | 'person'

/** What the ledger should know of tokens. */
export type TokenEvent =
  | {
      readonly kind: 'personal_made'
      readonly token: string
      readonly name: string
      readonly scopes: readonly Scope[]
    }
  | { readonly kind: 'personal_revoked'; readonly token: string }
  | {
      readonly kind: 'app_signed_in'
      readonly family: string
      readonly client: string
      readonly scopes: readonly Scope[]
      readonly address: string
    }
  | { readonly kind: 'family_ended'; readonly family: string; readonly why: WhyEnded }
  | {
      readonly kind: 'minted'
      readonly family: string
      readonly person: string
      readonly role: string
      readonly scopes: readonly Scope[]
    }
  | { readonly kind: 'client_added'; readonly client: string; readonly redirect_uris: readonly string[] }
  | { readonly kind: 'client_removed'; readonly client: string }
  | { readonly kind: 'keys_rotated'; readonly kid: string; readonly at_once: boolean }

/** What a person should look at, in the transaction in which it happened. */
export type RaiseAlert = (
  transaction: Handle,
  tenant: Tenant,
  alert: {
    readonly kind: string
    readonly sentence: string
    readonly facts: Readonly<Record<string, string>>
  },
  person: PersonId,
) => Promise<void>

/** What tokens are made from. */
export interface TokenOptions {
  readonly database: Database
  /** The home tenant, where keys and apps stand. */
  readonly home: Tenant
  readonly vault: Pick<Vault, 'set' | 'unset' | 'spend'>
  /** The instance's name, in the audience. */
  readonly instance: string
  /** Where the instance is reached; the issuer. */
  readonly url: string
  /** HASURA_JWT_KEY: while it is set, tokens are signed with it. */
  readonly sharedKey?: string | undefined
  readonly raise: RaiseAlert
  /** Rejects with `factor_needed` unless somebody has just shown who they are. */
  readonly requireFresh: (identity: Identity) => Promise<void>
  readonly settings: () => TokenSettings
  /** The present, in milliseconds. */
  readonly now: () => number
}

/** Runtime options, read at each use. */
export interface TokenSettings {
  /** How long an access token lives, in milliseconds. */
  readonly accessMs: number
  /** `TEAMID.bundle.id` of our apps for Apple's systems. */
  readonly appleApps: readonly string[]
  /** `package/SHA-256 of the signing certificate` of those for Android. */
  readonly androidApps: readonly string[]
}
