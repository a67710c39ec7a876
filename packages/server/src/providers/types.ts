/** What sign-in by outside providers is told, and the ports it needs; the composition joins them. */
import type { JoinRule, ProviderFields } from '@castellan/contracts'
import type { Database, Handle, PersonId, Tenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import type { ProviderRow } from './row.ts'

/** What a provider says of the account that signed in there. */
export interface Profile {
  /** The account's own lasting id; never an address or a name, which change hands. */
  readonly subject: string
  readonly name: string | null
  readonly email: string | null
  /** The provider says that the address was shown to be theirs. */
  readonly emailVerified: boolean
  /** The provider itself gives out addresses of this domain, so that nobody else's account can bear this one. */
  readonly authoritative: boolean
}

/** A provider as the owner configured it. */
export interface StoredProvider {
  readonly name: string
  readonly kind: string
  readonly title: string
  readonly clientId: string
  readonly fields: ProviderFields
  readonly enabled: boolean
  readonly join: JoinRule
  readonly domains: readonly string[]
  readonly createdAt: Date
}

/** A person, as far as letting them in depends on it. */
export interface KnownPerson {
  readonly tenant: Tenant
  readonly person: PersonId
  readonly role: 'owner' | 'member' | 'viewer'
  readonly disabled: boolean
  /** We have seen them read mail at their address. */
  readonly emailVerified: boolean
}

/** The port to the people of the house. */
export interface People {
  load(tenant: Tenant, handle: Handle, person: PersonId): Promise<KnownPerson | undefined>
  /** The person whose own address this is; undefined for nobody. */
  byEmail(email: string): Promise<KnownPerson | undefined>
  /** A new member of the home tenant, recorded; undefined when the address is somebody's already. */
  join(handle: Handle, person: NewPerson): Promise<KnownPerson | undefined>
  /** Keeps others from changing how this person comes in until the transaction ends. */
  lock(tenant: Tenant, handle: Handle, person: PersonId): Promise<void>
  /** Whether they could still come in without this account. */
  hasOtherWay(tenant: Tenant, handle: Handle, person: PersonId): Promise<boolean>
}

export interface NewPerson {
  readonly name: string
  readonly email: string | null
}

/** The port to secrets: they come in and are lent, never shown. */
export interface Secrets {
  set(tenant: Tenant, name: string, kind: 'other', value: string): Promise<void>
  unset(tenant: Tenant, name: string): Promise<boolean>
  has(tenant: Tenant, name: string): Promise<boolean>
  spend<T>(tenant: Tenant, name: string, use: (value: string) => Promise<T>): Promise<T>
}

/** Who comes, from where, and the session their browser had. */
export interface Visitor {
  readonly address: string
  readonly userAgent: string
  readonly replaces: Identity | undefined
  /** Whether the origin they came to speaks TLS. */
  readonly secure: boolean
}

/** What lets a person in: Set-Cookie headers of a session, or of half a one that waits for a second step. */
export interface Entered {
  readonly cookies: readonly string[]
}

/** The port to sessions, and to what else is asked for before one: in the transaction that accepted the proof. */
export type Enter = (
  transaction: Handle,
  who: { readonly tenant: Tenant; readonly person: PersonId },
  by: `provider:${string}`,
  visitor: Visitor,
) => Promise<Entered>

/** Tells a person what they should look at, in the transaction in which it happened (alerts/). */
export type Tell = (
  transaction: Handle,
  who: { readonly tenant: Tenant; readonly person: PersonId },
  alert: {
    readonly kind: string
    readonly sentence: string
    readonly facts: Readonly<{ [name: string]: string }>
  },
) => Promise<void>

/** Records what was done as the last statement of its transaction. */
export type Record = (
  handle: Handle,
  tenant: Tenant,
  what: string,
  facts: { readonly [name: string]: string | number | boolean | null },
  by: 'owner' | `member:${string}`,
) => Promise<void>

/** Makes the `fetch` for one provider: its own origin, other public hosts over TLS, bounded in size and time. */
export type ProviderFetch = (home: string) => typeof fetch

/** What all of this is made from. */
export interface ProvidersOptions {
  readonly database: Database
  readonly secrets: Secrets
  readonly people: People
  readonly enter: Enter
  readonly tell: Tell
  readonly fetchFor: ProviderFetch
  readonly record: Record
  /** The kinds that can be set up; the whole catalogue when absent. */
  readonly rows?: readonly ProviderRow[]
  /** The canonical origin, to which other names of this machine are sent. */
  readonly url: string
  /** Every origin that a redirect URL may begin with. */
  readonly origins: readonly string[]
  /** The instance's name; names the cookie. */
  readonly instance: string
  readonly now: () => number
}
