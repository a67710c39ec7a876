/**
 * Authorization codes: what a person agreed to, for sixty seconds and one exchange by the app that began it. A code is
 * bound to app, address and PKCE challenge, is used up by the first who shows it, right or wrong, and a second showing ends
 * what the first was given (RFC 6749, section 4.1.2; RFC 9700, section 4.5).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { TokenAnswer, TokenRequest } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'
import { type Identity, principalOf } from '../http/env.ts'
import type { Asked } from './authorization.ts'
import type { Grant } from './claims.ts'
import * as store from './code-store.ts'
import { absoluteMs, beginFamily, endInDoubt, type Parts } from './families.ts'
import { OAuthFailure } from './oauth-failure.ts'
import { record } from './record.ts'
import { answerWith, issueRefresh } from './refresh.ts'
import { loadClient } from './store.ts'
import type { Arrival } from './types.ts'
import { hasForm, hashOfValue, newValue } from './value.ts'

const codeMs = 60_000

/** Makes the code of a yes. The caller has seen to it that the person has just shown who they are. */
export async function issueCode(
  { options }: Parts,
  { tenant, person }: Identity,
  asked: Asked,
): Promise<string> {
  const code = newValue('cac_')
  const at = new Date(options.now())
  await store.saveCode(tenant, options.database.as(tenant), {
    hash: hashOfValue(code),
    person,
    client: asked.client.id,
    redirectUri: asked.redirectUri,
    challenge: asked.challenge,
    scopes: asked.scopes,
    createdAt: at,
    expiresAt: new Date(at.getTime() + codeMs),
  })
  return code
}

const unusable = () =>
  new OAuthFailure(
    'invalid_grant',
    'the code is unknown, expired, used, or not for this app, address or verifier',
  )

/** Exchanges a code for the first tokens of a new family. */
export async function exchange(parts: Parts, request: TokenRequest, arrival: Arrival): Promise<TokenAnswer> {
  const code = request.code ?? ''
  if (!hasForm('cac_', code)) throw unusable()
  const { database, home } = parts.options
  const hash = hashOfValue(code)
  const tenant = await store.tenantOfCode(database.as(home), hash)
  if (tenant === undefined) throw unusable()
  // The app's name stands in the home tenant, out of reach of the transaction in the person's own.
  const client = await loadClient(home, database.as(home), request.client_id ?? '')
  const given = await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const found = await store.lockCode(tenant, transaction, hash)
      if (found === undefined) return undefined
      if (found.usedAt !== null) return void (await misused(parts, transaction, tenant, found, arrival))
      const fits = client !== undefined && isFor(found, request, parts.options.now())
      const grant = fits
        ? await begin(parts, transaction, tenant, { found, name: client.name, arrival })
        : undefined
      const use = { at: new Date(parts.options.now()), family: grant?.grant.family ?? null }
      await store.useCode(tenant, transaction, hash, use)
      if (grant === undefined) return undefined
      const { family, scopes, person, role } = grant.grant
      const { address } = arrival
      const event = { kind: 'app_signed_in', family, client: found.client, scopes, address } as const
      await record(transaction, tenant, event, principalOf(person, role))
      return grant
    })
  if (given !== undefined) return answerWith(parts, given.grant, given.next)
  parts.alive.forget()
  throw unusable()
}

/** Whether a code is exchanged by whom it was made for, in time (RFC 7636, section 4.6). */
function isFor(code: store.FoundCode, request: TokenRequest, now: number): boolean {
  if (code.disabled || code.expiresAt.getTime() <= now) return false
  if (code.client !== request.client_id || code.redirectUri !== request.redirect_uri) return false
  const verifier = request.code_verifier ?? ''
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false
  const digest = createHash('sha256').update(verifier).digest()
  const expected = Buffer.from(code.challenge, 'base64url')
  return expected.length === digest.length && timingSafeEqual(digest, expected)
}

async function begin(
  parts: Parts,
  transaction: Handle,
  tenant: Tenant,
  { found, name, arrival }: { found: store.FoundCode; name: string; arrival: Arrival },
): Promise<{ grant: Grant; next: string }> {
  const { person, role, client, scopes } = found
  const expiresAt = new Date(parts.options.now() + absoluteMs)
  const made = { ...arrival, person, role, client, name, scopes, expiresAt }
  const family = await beginFamily(parts, tenant, transaction, made)
  const next = await issueRefresh(parts, tenant, transaction, { id: family, expiresAt })
  return { grant: { tenant, person, family, role, scopes }, next }
}

/** A code is 256 random bits: whoever shows a used one has it from somewhere. */
async function misused(
  parts: Parts,
  transaction: Handle,
  tenant: Tenant,
  { family, person, role, client }: store.FoundCode,
  { address }: Arrival,
): Promise<void> {
  if (family === null) return
  // Told once: whoever shows it again and again would fill the ledger.
  if (!(await endInDoubt(parts, transaction, { tenant, person, role, family }, 'code_reuse'))) return
  const sentence = `The code that signed ${client} in was used a second time, so that app was signed out. If it happens again, do not sign in with that app.`
  await parts.options.raise(
    transaction,
    tenant,
    { kind: 'token.code_reuse', sentence, facts: { app: client, address } },
    person,
  )
}
