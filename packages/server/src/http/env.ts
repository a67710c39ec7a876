/**
 * What the HTTP layer puts beside every request: who sent it, from where, and to which of our origins.
 * Handlers read it with `c.get(…)`; only the guards in this folder write it.
 */
import type { PersonRole, Scope } from '@castellan/contracts'
import type { PersonId, Tenant } from '../database/index.ts'
import type { WholeAnswer } from './whole.ts'

/** Whom a deed is put down to: `owner` is the owner of its tenant. */
export type Principal = 'owner' | `member:${string}`

/** Who a request acts for. A local token can click; it is never a second factor. */
export interface Identity {
  readonly tenant: Tenant
  readonly person: PersonId
  readonly role: PersonRole
  readonly principal: Principal
  readonly via: 'session' | 'local-token' | 'access-token' | 'personal-token' | 'device'
  readonly sessionId?: string
  /** What a token may be used for; null is everything that the person may. */
  readonly scopes: readonly Scope[] | null
}

/** A person and the tenant they belong to. */
export type Who = Pick<Identity, 'tenant' | 'person'>

/** A person who speaks, and what their deeds are put down to. */
export type Speaker = Pick<Identity, 'tenant' | 'person' | 'principal'>

/** What a person's deeds are put down to. */
export const principalOf = (person: PersonId, role: PersonRole): Principal =>
  role === 'owner' ? 'owner' : `member:${person}`

/** The one of our origins that a request was sent to. */
export interface RequestOrigin {
  /** `scheme://host[:port]` as the browser names it. */
  readonly url: string
  /** Reached over TLS, here or at a proxy that we were told about. */
  readonly secure: boolean
  /** Named by a loopback name, so not through a proxy. */
  readonly loopback: boolean
}

/** The hono environment of every route behind the session guard. */
export interface AppEnv {
  Variables: {
    identity: Identity
    requestId: string
    /** The sender's address, after trusted proxies; `unknown` when the socket names none. */
    address: string
    /** True when the connection itself, not a forwarded header, comes from this machine. */
    fromLoopback: boolean
    origin: RequestOrigin
    /** The CSP nonce of this answer, base64. */
    nonce: string
    /** Set by `answerWhole` only. */
    whole?: WholeAnswer
  }
}
