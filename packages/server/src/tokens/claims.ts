/** What an access token says (RFC 9068), in Hasura's claim names where those are asked for. */
import { randomUUID } from 'node:crypto'
import { PersonRole, type Scope } from '@castellan/contracts'
import type { JWTPayload } from 'jose'
import * as z from 'zod'
import type { PersonId, Tenant } from '../database/index.ts'
import { parseScopes, rolesUpTo } from './roles.ts'

/** Where Hasura, and what is compatible with it, looks for its claims. */
export const hasuraNamespace = 'https://hasura.io/jwt/claims'

/** Whom an access token stands for, and what it is good for. */
export interface Grant {
  readonly tenant: Tenant
  readonly person: PersonId
  /** The family that it belongs to and ends with. */
  readonly family: string
  readonly role: PersonRole
  readonly scopes: readonly Scope[]
  /** Thumbprint of the key that its bearer has to prove (RFC 9449, `cnf.jkt`); then `family` is a device. */
  readonly jkt?: string
}

/** Who issues tokens and for whom. */
export interface Issuer {
  /** The instance's address. */
  readonly url: string
  /** `castellan:<instance>`. */
  readonly audience: string
}

const Claims = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.uuid(),
  iat: z.number().int(),
  nbf: z.number().int().optional(),
  exp: z.number().int(),
  jti: z.uuid(),
  sid: z.uuid(),
  scope: z.string(),
  cnf: z.strictObject({ jkt: z.string().regex(/^[\w-]{43}$/) }).optional(),
  [hasuraNamespace]: z.strictObject({
    'x-hasura-default-role': PersonRole,
    'x-hasura-allowed-roles': z.array(PersonRole),
    'x-hasura-user-id': z.uuid(),
    'x-hasura-tenant-id': z.uuid(),
  }),
})

/** The claims of a grant, from a time on and for so long, both in milliseconds. */
export function claimsOf(grant: Grant, issuer: Issuer, now: number, lifeMs: number) {
  const iat = Math.floor(now / 1000)
  return {
    iss: issuer.url,
    aud: issuer.audience,
    sub: grant.person,
    iat,
    exp: iat + Math.floor(lifeMs / 1000),
    jti: randomUUID(),
    sid: grant.family,
    scope: grant.scopes.join(' '),
    ...(grant.jkt === undefined ? {} : { cnf: { jkt: grant.jkt } }),
    [hasuraNamespace]: {
      'x-hasura-default-role': grant.role,
      'x-hasura-allowed-roles': [...rolesUpTo(grant.role)],
      'x-hasura-user-id': grant.person,
      'x-hasura-tenant-id': grant.tenant,
    },
  } satisfies z.infer<typeof Claims>
}

/** The grant that a verified payload stands for; undefined when it is not one of ours. */
export function grantOf(payload: JWTPayload): Grant | undefined {
  const parsed = Claims.safeParse(payload)
  if (!parsed.success) return undefined
  const { sub, sid, scope, cnf, [hasuraNamespace]: hasura } = parsed.data
  const scopes = parseScopes(scope)
  if (scopes === undefined || hasura['x-hasura-user-id'] !== sub) return undefined
  return {
    tenant: hasura['x-hasura-tenant-id'] as Tenant,
    person: sub as PersonId,
    family: sid,
    role: hasura['x-hasura-default-role'],
    scopes,
    ...(cnf === undefined ? {} : { jkt: cnf.jkt }),
  }
}
