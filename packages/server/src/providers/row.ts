/** The form of a provider's row: everything the flow must know of one, as data with two readers. */
import type { ProviderField } from '@castellan/contracts'
import type { Profile } from './types.ts'

/** Claims or an API's answer, as it came; every reader checks what it takes. */
export type Raw = { readonly [name: string]: unknown }

/** Fields the owner filled in, complete. */
export type Fields = { readonly [name: string]: string }

/** An OpenID Connect provider: endpoints, keys and the id token's rules come by discovery. */
export interface Oidc {
  readonly type: 'oidc'
  readonly issuer: (fields: Fields) => string
  /** False for the one that returns none (LinkedIn). */
  readonly nonce: boolean
}

/** A provider of plain OAuth 2.0: the account is what its API says of the token's bearer. */
export interface OAuth {
  readonly type: 'oauth'
  /** What it calls itself (RFC 9207), or the name we key its accounts by. */
  readonly issuer: string
  readonly authorize: string
  readonly token: string
  readonly user: Endpoint
  /** A second question, where the first does not tell the addresses. */
  readonly emails?: Endpoint
}

export interface Endpoint {
  readonly url: string
  readonly method?: 'POST'
  readonly headers?: Readonly<Record<string, string>>
}

export interface ProviderRow {
  readonly kind: string
  readonly title: string
  /** The provider's own page on this protocol. */
  readonly source: string
  /** Where the owner registers Castellan. */
  readonly register: string
  readonly protocol: Oidc | OAuth
  readonly scopes: string
  /** Further parameters of the first redirect. */
  readonly extra?: Readonly<Record<string, string>>
  /** How the client shows its secret; `apple`: a JWT signed with the owner's key. */
  readonly auth: 'post' | 'basic' | 'apple'
  /** False only where the provider fails on it; then the nonce, or the state alone, binds the code. */
  readonly pkce: boolean
  readonly fields?: readonly ProviderField[]
  /** Whether it says which addresses were confirmed. */
  readonly saysVerified: boolean
  /** Reads the account; `emails` is the second question's answer. Undefined when the answer names none. */
  readonly read: (raw: Raw, emails: unknown) => Profile | undefined
  /** Repairs a token answer that breaks RFC 6749, before the library sees it. */
  readonly mend?: (answer: Raw) => Raw
}
