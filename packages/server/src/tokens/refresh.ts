/**
 * Refresh tokens: each good once and replaced by its use. A second use means that two hold it, and nobody can tell who is
 * the thief, so the whole family ends and its person is told (RFC 9700, section 4.14.2). There is no grace for a lost
 * answer: a public client has no proof that a thief with its token would lack (ADR 0023).
 */
import type { Scope, TokenAnswer, TokenRequest } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'
import type { Grant } from './claims.ts'
import { endInDoubt, type Parts, shownAgent, slidingMs } from './families.ts'
import * as store from './family-store.ts'
import { OAuthFailure } from './oauth-failure.ts'
import { lowerOf, parseScopes } from './roles.ts'
import type { Arrival } from './types.ts'
import { hasForm, hashOfValue, newValue } from './value.ts'

const unusable = () =>
  new OAuthFailure('invalid_grant', 'the refresh token is unknown, expired, used or revoked; sign in again')

/** Exchanges a refresh token for the next one and an access token. */
export async function refresh(parts: Parts, request: TokenRequest, arrival: Arrival): Promise<TokenAnswer> {
  const token = request.refresh_token ?? ''
  if (!hasForm('csr_', token)) throw unusable()
  const { database, home, now } = parts.options
  const hash = hashOfValue(token)
  const tenant = await store.tenantOfRefresh(database.as(home), hash)
  if (tenant === undefined) throw unusable()
  const at = new Date(now())
  const outcome = await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const found = await store.lockRefresh(tenant, transaction, hash)
      if (found === undefined || !isStanding(found.family, at)) return 'unusable'
      // Whoever shows it and whenever: a second use means that it is out.
      if (found.usedAt !== null) {
        await reused(parts, transaction, tenant, found, arrival)
        return 'reused'
      }
      if (found.expiresAt <= at || found.family.client !== request.client_id) return 'unusable'
      const scopes = narrowed(found.family.scopes, request.scope)
      await store.useRefresh(tenant, transaction, hash, at)
      const { id: family, person } = found.family
      const next = await issueRefresh(parts, tenant, transaction, found.family)
      const userAgent = shownAgent(arrival.userAgent)
      await store.touchFamily(tenant, transaction, family, { at, address: arrival.address, userAgent })
      const role = lowerOf(found.family.personRole, found.family.role)
      return { next, grant: { tenant, person, family, role, scopes } }
    })
  if (outcome === 'reused') parts.alive.forget()
  if (typeof outcome === 'string') throw unusable()
  return answerWith(parts, outcome.grant, outcome.next)
}

/** The next refresh token of a family, in the caller's transaction. */
export async function issueRefresh(
  { options }: Parts,
  tenant: Tenant,
  transaction: Handle,
  family: { readonly id: string; readonly expiresAt: Date },
): Promise<string> {
  const token = newValue('csr_')
  const at = new Date(options.now())
  const expiresAt = new Date(Math.min(at.getTime() + slidingMs, family.expiresAt.getTime()))
  await store.saveRefresh(tenant, transaction, {
    hash: hashOfValue(token),
    family: family.id,
    at,
    expiresAt,
  })
  return token
}

/** What /auth/token answers. */
export async function answerWith(
  { access, options }: Parts,
  grant: Grant,
  next: string,
): Promise<TokenAnswer> {
  const { accessMs } = options.settings()
  const { token } = await access.sign(grant, accessMs)
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: Math.floor(accessMs / 1000),
    refresh_token: next,
    scope: grant.scopes.join(' '),
  }
}

const isStanding = (family: store.LockedFamily, at: Date) =>
  family.endedAt === null && !family.disabled && family.expiresAt > at

function narrowed(granted: readonly Scope[], asked: string | undefined): readonly Scope[] {
  if (asked === undefined) return granted
  const scopes = parseScopes(asked)
  if (scopes?.every((scope) => granted.includes(scope)) === true) return scopes
  throw new OAuthFailure('invalid_scope', 'a refresh can ask for no more than was granted')
}

async function reused(
  parts: Parts,
  transaction: Handle,
  tenant: Tenant,
  { family }: store.StoredRefresh,
  { address }: Arrival,
): Promise<void> {
  const { person, personRole: role } = family
  await endInDoubt(parts, transaction, { tenant, person, role, family: family.id }, 'reuse')
  await parts.options.raise(
    transaction,
    tenant,
    {
      kind: 'token.reuse',
      sentence: `Somebody used an old sign-in of ${family.name} a second time, so that app was signed out everywhere. If it was not you, someone may have copied it; sign in again in the app.`,
      facts: { app: family.name, address, signed_in_from: family.address },
    },
    person,
  )
}
